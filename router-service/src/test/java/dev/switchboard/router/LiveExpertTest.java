package dev.switchboard.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.cluster.testing.FakeGrid;
import dev.switchboard.model.Model;
import dev.switchboard.model.architecture.AddedExpert;
import dev.switchboard.model.testing.GrownModels;
import dev.switchboard.model.testing.TinyModels;
import dev.switchboard.proto.v1.AddExpertReply;
import dev.switchboard.proto.v1.ChangeGatesRequest;
import dev.switchboard.proto.v1.ClusterGrpc;
import dev.switchboard.proto.v1.ExpertEntry;
import dev.switchboard.proto.v1.ExpertLoad;
import dev.switchboard.proto.v1.GatesAction;
import dev.switchboard.proto.v1.GatesDescription;
import dev.switchboard.proto.v1.GatesGrpc;
import dev.switchboard.proto.v1.GenerateRequest;
import dev.switchboard.proto.v1.ListExpertsRequest;
import dev.switchboard.proto.v1.RemoveExpertReply;
import dev.switchboard.proto.v1.RemoveExpertRequest;
import dev.switchboard.router.testing.Asks;
import dev.switchboard.router.testing.FakeNode;
import dev.switchboard.router.testing.TestRouter;
import dev.switchboard.router.testing.TestRouter.Answer;
import dev.switchboard.router.testing.Uploads;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An expert that comes while a router answers, is tried, and goes again. */
class LiveExpertTest {
  private static final int OWN = 4;
  private static final int STREAMS = 4;

  @TempDir Path folder;
  private final FakeGrid grid = new FakeGrid();
  private Path base;
  private Model model;
  private AddedExpert expert;
  private FakeNode node;
  private TestRouter router;

  @BeforeEach
  void start() {
    base = TinyModels.seeded(11).write(folder.resolve("model"));
    model = Model.open(base);
    expert = GrownModels.write(base, folder.resolve("go"), "go");
    node = FakeNode.start("node-a", model, 0, 1, 2, 3);
    router =
        TestRouter.remote(
            model,
            grid,
            List.of(node),
            "router.gates",
            folder.resolve("gates").toString(),
            "router.gateGuardShare",
            "100");
  }

  @AfterEach
  void stop() {
    router.close();
    node.close();
    model.close();
  }

  /** Too short to be read by others, so that no guard says anything. */
  private static GenerateRequest request(int tokens) {
    return Asks.ask(Asks.ids(3, 12), tokens).setLogitsDigest(true).build();
  }

  private static String digest(TestRouter of) {
    return of.generate(request(24)).done().getLogitsSha256();
  }

  private static void refused(TestRouter by, Path directory, String... reasons) {
    assertThatThrownBy(() -> Uploads.add(by, directory))
        .isInstanceOf(CompletionException.class)
        .hasMessageContainingAll(reasons);
  }

  private RemoveExpertReply remove(String name) {
    return ClusterGrpc.newBlockingStub(router.channel())
        .removeExpert(RemoveExpertRequest.newBuilder().setExpert(name).setWho("test").build());
  }

  private Optional<ExpertEntry> go() {
    return ClusterGrpc.newBlockingStub(router.channel())
        .listExperts(ListExpertsRequest.getDefaultInstance())
        .getExpertsList()
        .stream()
        .filter(entry -> entry.getName().equals("go"))
        .findFirst();
  }

  private GatesDescription change(GatesAction action, String version, double share) {
    return GatesGrpc.newBlockingStub(router.channel())
        .changeGates(
            ChangeGatesRequest.newBuilder()
                .setAction(action)
                .setVersion(version)
                .setShare(share)
                .setWho("test")
                .build());
  }

  /** The node has loaded what the placement gives it, and the router has seen that. */
  private void load(AddedExpert added) {
    node.holdAlso(added, OWN);
    grid.announce(node.info());
    await(() -> go().map(ExpertEntry::getCallable).orElse(false));
  }

  private static void await(java.util.concurrent.Callable<Boolean> condition) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(10))
        .until(condition);
  }

  private List<CompletableFuture<Void>> streams(AtomicBoolean over, String own, String grown) {
    List<CompletableFuture<Void>> streams = new ArrayList<>();
    for (int i = 0; i < STREAMS; i++) {
      streams.add(
          CompletableFuture.runAsync(() -> {
            while (!over.get()) {
              Answer answer = router.generate(request(24));
              boolean usual = answer.started().getGateVersion().equals("own");
              // One that chose its gates before the removal and its experts after it is the
              // model's.
              assertThat(answer.done().getLogitsSha256()).isIn(own, usual ? own : grown);
            }
          }));
    }
    return streams;
  }

  @Test
  void itIsAddedTriedPromotedAndRemovedWhileRequestsRun() throws IOException {
    String own = digest(router);
    String grown;
    try (Model whole = Model.withExpert(base, expert.source());
        TestRouter alone = TestRouter.local(whole)) {
      grown = digest(alone);
    }
    assertThat(grown).isNotEqualTo(own);
    AtomicBoolean over = new AtomicBoolean();
    List<CompletableFuture<Void>> streams = streams(over, own, grown);

    AddExpertReply reply = Uploads.add(router, expert.source());
    assertThat(reply.getExpert().getIndex()).isEqualTo(OWN);
    assertThat(reply.getExpert().getFingerprint()).isEqualTo(expert.fingerprint());
    assertThat(reply.getExpert().getCallable()).isFalse();
    assertThat(grid.view().placement().orElseThrow().added()).isEqualTo(1);
    String version = reply.getGateVersion();
    assertThatThrownBy(() -> change(GatesAction.GATES_ACTION_PROMOTE, version, 0))
        .hasMessageContainingAll("expert go", "no node that this router can send to");
    assertThat(router.router().ready()).isCompleted();

    load(expert);
    change(GatesAction.GATES_ACTION_CANARY, version, 0.5);
    change(GatesAction.GATES_ACTION_PROMOTE, version, 0);
    assertThat(router.generate(request(24)).started().getGateVersion()).isEqualTo(version);
    assertThat(digest(router)).isEqualTo(grown);
    assertThat(tokens()).isPositive();

    assertThat(remove("go").getWaiting()).contains("just begun");
    assertThat(router.generate(request(24)).started().getGateVersion()).isEqualTo("own");
    await(() -> remove("go").getWaiting().isEmpty());
    assertThat(go()).isEmpty();
    assertThat(grid.view().placement().orElseThrow().added()).isZero();
    assertThat(digest(router)).isEqualTo(own);
    over.set(true);
    CompletableFuture.allOf(streams.toArray(CompletableFuture[]::new)).join();
    assertThatThrownBy(() -> change(GatesAction.GATES_ACTION_PROMOTE, version, 0))
        .hasMessageContainingAll("gates " + version, "1 experts more", "0 were added");
  }

  private long tokens() {
    return router.status().getExpertsList().stream()
        .filter(load -> load.getExpert() == OWN && load.getName().equals("go"))
        .mapToLong(ExpertLoad::getTokens)
        .sum();
  }

  @Test
  void aRequestThatRunsKeepsItsExpertUntilItEnds() throws IOException {
    String version = Uploads.add(router, expert.source()).getGateVersion();
    load(expert);
    change(GatesAction.GATES_ACTION_PROMOTE, version, 0);
    CompletableFuture<Answer> longOne =
        CompletableFuture.supplyAsync(() -> router.generate(request(1500)));
    await(() -> go().orElseThrow().getRequests() == 1);
    remove("go");
    await(() -> remove("go").getWaiting().isEmpty());
    assertThat(longOne.join().started().getGateVersion()).isEqualTo(version);
    assertThat(longOne.join().tokens()).hasSize(1500);
  }

  @Test
  void addedTwiceNothingChangesAndAnotherCannotTakeItsPlace() throws IOException {
    AddExpertReply first = Uploads.add(router, expert.source());
    long epoch = grid.view().experts().epoch();
    assertThat(Uploads.add(router, expert.source()).getGateVersion())
        .isEqualTo(first.getGateVersion());
    assertThat(grid.view().experts().epoch()).isEqualTo(epoch);
    AddedExpert css = GrownModels.write(base, folder.resolve("css"), "css");
    refused(router, css.source(), "INVALID_ARGUMENT", "the next one is expert 5");
  }

  @Test
  void whatIsNotSoundOrNotThisModelsIsRefusedAndNothingIsLeft() throws IOException {
    Path other = TinyModels.seeded(12).write(folder.resolve("other"));
    AddedExpert strange = GrownModels.write(other, folder.resolve("strange"), "strange");
    refused(router, strange.source(), "INVALID_ARGUMENT", "was trained for the model");
    AddedExpert taken = GrownModels.write(base, folder.resolve("taken"), "java");
    refused(router, taken.source(), "INVALID_ARGUMENT", "an expert called java already");
    AddedExpert number = GrownModels.write(base, folder.resolve("number"), "7");
    refused(router, number.source(), "INVALID_ARGUMENT", "taken for an index");
    Path weights = expert.source().resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    Files.write(weights, java.util.Arrays.copyOf(bytes, bytes.length - 64));
    refused(router, expert.source(), "INVALID_ARGUMENT");
    Files.write(weights, new byte[8 << 20]);
    refused(router, expert.source(), "INVALID_ARGUMENT", "of more than");
    try (Stream<Path> left = Files.list(folder.resolve("gates/experts"))) {
      assertThat(left).isEmpty();
    }
    assertThat(grid.view().experts().added()).isEmpty();
    assertThat(digest(router)).isNotEmpty();
  }

  @Test
  void whoCannotAddOrRemoveSaysWhy() {
    assertThatThrownBy(() -> remove("java"))
        .hasMessageContainingAll("INVALID_ARGUMENT", "one of the model's own");
    assertThatThrownBy(() -> remove("nobody")).hasMessageContaining("there is no expert nobody");
    try (TestRouter alone = TestRouter.local(model)) {
      refused(alone, expert.source(), "FAILED_PRECONDITION", "--added-expert", "router.gates");
    }
  }

  @Test
  void onlyAnAdminsKeyMayAddOrRemove() throws IOException {
    Path keys = folder.resolve("keys.yaml");
    Files.writeString(
        keys,
        """
        keys:
          - name: operations
            sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
            admin: true
        anonymous:
          without: [java]
        """);
    FakeGrid another = new FakeGrid();
    try (FakeNode other = FakeNode.start("node-b", model, 0, 1, 2, 3);
        TestRouter closed =
            TestRouter.remote(
                model,
                another,
                List.of(other),
                "router.gates",
                folder.resolve("closed").toString(),
                "router.keys",
                keys.toString())) {
      refused(closed, expert.source(), "PERMISSION_DENIED", "admin: true");
      assertThatThrownBy(() ->
              ClusterGrpc.newBlockingStub(closed.channel())
                  .removeExpert(RemoveExpertRequest.newBuilder().setExpert("java").build()))
          .hasMessageContaining("PERMISSION_DENIED");
    }
  }
}
