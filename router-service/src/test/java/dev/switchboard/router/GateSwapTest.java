package dev.switchboard.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.switchboard.cluster.testing.FakeGrid;
import dev.switchboard.model.Model;
import dev.switchboard.model.architecture.GateArtifact;
import dev.switchboard.model.checkpoint.Tensor;
import dev.switchboard.model.testing.TinyModels;
import dev.switchboard.proto.v1.ChangeGatesRequest;
import dev.switchboard.proto.v1.DescribeGatesRequest;
import dev.switchboard.proto.v1.GatesAction;
import dev.switchboard.proto.v1.GatesChange;
import dev.switchboard.proto.v1.GatesComparison;
import dev.switchboard.proto.v1.GatesDescription;
import dev.switchboard.proto.v1.GatesFile;
import dev.switchboard.proto.v1.GatesGrpc;
import dev.switchboard.proto.v1.GatesPart;
import dev.switchboard.proto.v1.GatesVersion;
import dev.switchboard.router.testing.TestRouter;
import dev.switchboard.router.testing.TestRouter.Answer;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Gates swapped while a router answers. */
class GateSwapTest {
  private static final int STREAMS = 16;

  @TempDir Path folder;
  private Model model;

  @BeforeEach
  void open() {
    model = Model.open(TinyModels.seeded(7).write(folder.resolve("model")));
  }

  @AfterEach
  void close() {
    model.close();
  }

  /** The model's gates, a little different. */
  private GateArtifact near() {
    Random random = new Random(1);
    return changed((name, values) -> {
      for (int i = 0; i < values.length && values.length > 1; i++) {
        values[i] += 0.02f * (float) random.nextGaussian();
      }
    });
  }

  /** Everything to expert 2. */
  private GateArtifact bad() {
    GateArtifact own = model.ownGates();
    Map<String, Tensor> tensors = new LinkedHashMap<>(own.tensors());
    float[] bias = {0, 0, 1e9f, 0};
    for (String name : own.tensors().keySet()) {
      if (name.endsWith("weight")) {
        String correction = name.replace("weight", "correction_bias");
        tensors.put(correction, GateArtifact.tensor(correction, new long[] {4}, bias));
      }
    }
    return new GateArtifact(Path.of("bad"), own.about(), tensors);
  }

  private interface Change {
    void on(String name, float[] values);
  }

  private GateArtifact changed(Change change) {
    GateArtifact own = model.ownGates();
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    own.tensors()
        .forEach((name, tensor) -> {
          float[] values = tensor.toFloats();
          change.on(name, values);
          long[] shape = tensor.shape().stream().mapToLong(Long::longValue).toArray();
          tensors.put(name, GateArtifact.tensor(name, shape, values));
        });
    return new GateArtifact(Path.of("changed"), own.about(), tensors);
  }

  private TestRouter router(String gates, FakeGrid grid) {
    return TestRouter.named(
        "router-" + gates, model, grid, "router.gates", folder.resolve(gates).toString());
  }

  private static GatesGrpc.GatesBlockingStub gates(TestRouter router) {
    return GatesGrpc.newBlockingStub(router.channel());
  }

  private static GatesDescription describe(TestRouter router) {
    return gates(router).describeGates(DescribeGatesRequest.getDefaultInstance());
  }

  private static GatesDescription change(
      TestRouter router, GatesAction action, String version, double share) {
    return gates(router)
        .changeGates(
            ChangeGatesRequest.newBuilder()
                .setAction(action)
                .setVersion(version)
                .setShare(share)
                .setWho("test")
                .build());
  }

  private String add(TestRouter router, GateArtifact gates) throws IOException {
    Path written = folder.resolve("written-" + gates.version());
    gates.write(written);
    return upload(router, written).join().getVersion();
  }

  private static CompletableFuture<GatesVersion> upload(TestRouter router, Path directory)
      throws IOException {
    CompletableFuture<GatesVersion> answer = new CompletableFuture<>();
    StreamObserver<GatesPart> parts =
        GatesGrpc.newStub(router.channel())
            .addGates(
                new StreamObserver<>() {
                  @Override
                  public void onNext(GatesVersion version) {
                    answer.complete(version);
                  }

                  @Override
                  public void onError(Throwable failure) {
                    answer.completeExceptionally(failure);
                  }

                  @Override
                  public void onCompleted() {}
                });
    Map<GatesFile, String> files = new LinkedHashMap<>();
    files.put(GatesFile.GATES_FILE_MANIFEST, "gate.json");
    files.put(GatesFile.GATES_FILE_WEIGHTS, "gate.safetensors");
    for (Map.Entry<GatesFile, String> file : files.entrySet()) {
      byte[] bytes = Files.readAllBytes(directory.resolve(file.getValue()));
      parts.onNext(
          GatesPart.newBuilder()
              .setFile(file.getKey())
              .setData(ByteString.copyFrom(bytes))
              .build());
    }
    parts.onCompleted();
    return answer;
  }

  private static GatesDescription until(TestRouter router, Predicate<GatesDescription> holds) {
    return Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(50))
        .until(() -> describe(router), holds);
  }

  @Test
  void sixteenStreamsWhileGatesAreSwapped() throws Exception {
    Map<String, String> digests = new ConcurrentHashMap<>();
    Queue<String> wrong = new ConcurrentLinkedQueue<>();
    Queue<String> versions = new ConcurrentLinkedQueue<>();
    try (TestRouter router = router("gates", new FakeGrid());
        Streams streams = new Streams()) {
      String near = add(router, near());
      String bad = add(router, bad());
      for (int i = 0; i < STREAMS; i++) {
        String prompt = "stream %d says that the def of return is".formatted(i);
        streams.start(() -> {
          Answer answer = router.generate(TestRouter.request(prompt, 24).build());
          String version = answer.done().getGateVersion();
          versions.add(version);
          String digest = answer.done().getLogitsSha256();
          String before = digests.putIfAbsent(prompt + version, digest);
          if (before != null && !before.equals(digest)
              || !version.equals(answer.started().getGateVersion())
              || answer.tokens().size() != 24) {
            wrong.add(prompt + ": " + version);
          }
        });
      }

      change(router, GatesAction.GATES_ACTION_SHADOW, near, 0);
      GatesComparison shadow =
          until(router, found -> compared(found, "own", near, 200)).getComparisons(0);
      assertThat(shadow.getDifferingTokens()).isPositive().isLessThan(shadow.getTokens());
      assertThat(shadow.getTexts()).isPositive();
      assertThat(shadow.getOtherLoss()).isPositive();
      assertThat(versions.stream().distinct()).isSubsetOf("own");

      change(router, GatesAction.GATES_ACTION_CANARY, near, 0.5);
      Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> versions.contains(near));
      change(router, GatesAction.GATES_ACTION_PROMOTE, near, 0);
      assertThat(describe(router).getActive()).isEqualTo(near);
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> versions.stream().filter(near::equals).count() > 2L * STREAMS);

      long promoted = System.nanoTime();
      change(router, GatesAction.GATES_ACTION_PROMOTE, bad, 0);
      GatesDescription after = until(router, found -> !found.getActive().equals(bad));
      System.out.printf("taken back after %d ms%n", (System.nanoTime() - promoted) / 1_000_000);
      assertThat(after.getActive()).isEqualTo(near);
      GatesChange last = after.getHistory(after.getHistoryCount() - 1);
      assertThat(last.getAction()).isEqualTo(GatesAction.GATES_ACTION_ROLLBACK);
      assertThat(last.getWho()).isEqualTo("guard");
      assertThat(last.getWhy()).contains("most used expert", near);
      streams.stop();
      assertThat(streams.failures()).isEmpty();
    }
    assertThat(wrong).isEmpty();
    assertThat(versions).contains("own");
    assertThat(digests.values()).doesNotHaveDuplicates();
  }

  private static boolean compared(
      GatesDescription found, String version, String other, long tokens) {
    return found.getComparisonsList().stream()
        .anyMatch(one ->
            one.getVersion().equals(version)
                && one.getOther().equals(other)
                && one.getTokens() >= tokens
                && one.getTexts() > 0);
  }

  @Test
  void allRoutersOfAGridFollowAndFetchWhatTheyDoNotHave() throws Exception {
    FakeGrid grid = new FakeGrid();
    String near;
    try (TestRouter one = router("one", grid)) {
      near = add(one, near());
      change(one, GatesAction.GATES_ACTION_PROMOTE, near, 0);
      try (TestRouter two = router("two", grid)) {
        assertThat(describe(two).getActive()).isEqualTo(near);
        assertThat(describe(two).getVersionsList())
            .anySatisfy(version -> {
              assertThat(version.getVersion()).isEqualTo(near);
              assertThat(version.getProblem()).isEmpty();
            });
        Answer there = two.generate(TestRouter.request("print", 8).build());
        Answer here = one.generate(TestRouter.request("print", 8).build());
        assertThat(there.done().getGateVersion()).isEqualTo(near);
        assertThat(there.done().getLogitsSha256()).isEqualTo(here.done().getLogitsSha256());
        change(two, GatesAction.GATES_ACTION_ROLLBACK, "", 0);
        until(one, found -> found.getActive().equals("own"));
        assertThat(one.generate(TestRouter.request("print", 8).build()).done().getGateVersion())
            .isEqualTo("own");
        change(two, GatesAction.GATES_ACTION_PROMOTE, near, 0);
      }
    }
    // The grid is gone; the folder remembers.
    try (TestRouter again = router("two", new FakeGrid())) {
      assertThat(describe(again).getActive()).isEqualTo(near);
      assertThat(describe(again).getHistoryCount()).isEqualTo(3);
    }
  }

  @Test
  void whatDoesNotFitIsRefusedAndChangesNothing() throws Exception {
    Path other = TinyModels.seeded(8).write(folder.resolve("other"));
    try (TestRouter router = router("gates", new FakeGrid());
        Model stranger = Model.open(other)) {
      stranger.ownGates().write(folder.resolve("foreign"));
      assertThatThrownBy(() -> upload(router, folder.resolve("foreign")).join())
          .hasMessageContainingAll("INVALID_ARGUMENT", stranger.fingerprint());
      near().write(folder.resolve("cut"));
      Path weights = folder.resolve("cut").resolve("gate.safetensors");
      byte[] whole = Files.readAllBytes(weights);
      Files.write(weights, java.util.Arrays.copyOf(whole, whole.length - 4));
      assertThatThrownBy(() -> upload(router, folder.resolve("cut")).join())
          .hasMessageContaining("gate.safetensors");
      assertThat(describe(router).getVersionsList().stream().map(GatesVersion::getVersion))
          .containsExactly("own");
      refused(
          () -> change(router, GatesAction.GATES_ACTION_PROMOTE, "0123456789abcdef", 0),
          Status.Code.INVALID_ARGUMENT,
          "no other router has them");
      refused(
          () -> change(router, GatesAction.GATES_ACTION_CANARY, "../../etc", 0.5),
          Status.Code.INVALID_ARGUMENT,
          "etc");
      refused(
          () -> change(router, GatesAction.GATES_ACTION_ROLLBACK, "", 0),
          Status.Code.FAILED_PRECONDITION,
          "nothing to roll back");
      assertThat(describe(router).getRevision()).isZero();
    }
    try (TestRouter without = TestRouter.local(model)) {
      refused(() -> describe(without), Status.Code.FAILED_PRECONDITION, "router.gates is not set");
      assertThat(without.generate(TestRouter.request("print", 2).build()).done().getGateVersion())
          .isEqualTo("own");
    }
  }

  private static void refused(Runnable call, Status.Code code, String because) {
    assertThatThrownBy(call::run)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> {
              assertThat(e.getStatus().getCode()).isEqualTo(code);
              assertThat(e.getStatus().getDescription()).contains(because);
            });
  }

  /** Work done again and again, each on a thread, until it is stopped. */
  private static final class Streams implements AutoCloseable {
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final List<CompletableFuture<Void>> running = new ArrayList<>();
    private volatile boolean stopped;

    void start(Runnable work) {
      running.add(
          CompletableFuture.runAsync(
              () -> {
                try {
                  while (!stopped) {
                    work.run();
                  }
                } catch (RuntimeException | Error e) {
                  failures.add(e);
                }
              },
              threads));
    }

    void stop() {
      stopped = true;
      running.forEach(CompletableFuture::join);
    }

    Queue<Throwable> failures() {
      return failures;
    }

    @Override
    public void close() {
      stop();
      threads.shutdownNow();
    }
  }
}
