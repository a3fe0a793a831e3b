package dev.switchboard.node;

import static dev.switchboard.node.TinyShard.batch;
import static dev.switchboard.node.TinyShard.group;
import static dev.switchboard.node.TinyShard.rows;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.cluster.ClusterView;
import dev.switchboard.cluster.ExpertBook;
import dev.switchboard.cluster.NodeInfo;
import dev.switchboard.cluster.NodeLoad;
import dev.switchboard.cluster.NodeState;
import dev.switchboard.cluster.Placement;
import dev.switchboard.cluster.metrics.MetricsServer;
import dev.switchboard.cluster.settings.MetricsAddress;
import dev.switchboard.cluster.settings.MoveSettings;
import dev.switchboard.cluster.settings.NodeSettings;
import dev.switchboard.cluster.settings.WeightsFrom;
import dev.switchboard.cluster.testing.FakeGrid;
import dev.switchboard.cluster.testing.Scrape;
import dev.switchboard.model.Arithmetic;
import dev.switchboard.model.architecture.AddedExpert;
import dev.switchboard.model.expert.Expert;
import dev.switchboard.model.kernel.Scratch;
import dev.switchboard.model.testing.GrownModels;
import dev.switchboard.proto.codec.ExpertResultFrame;
import dev.switchboard.proto.codec.Handshake;
import dev.switchboard.proto.codec.TensorRows;
import dev.switchboard.proto.v1.DescribeRequest;
import dev.switchboard.proto.v1.ExpertBatch;
import dev.switchboard.proto.v1.ExpertGroup;
import dev.switchboard.proto.v1.ExpertNodeGrpc;
import dev.switchboard.proto.v1.ExpertResult;
import dev.switchboard.proto.v1.GroupResult;
import dev.switchboard.proto.v1.GroupStatus;
import dev.switchboard.proto.v1.Hello;
import dev.switchboard.proto.v1.NodeDescription;
import io.grpc.Status;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole node on loopback with a grid of one process. */
class ExpertNodeTest {
  private static final String ID = "node-under-test";

  @TempDir private Path extra;
  private final FakeGrid grid = new FakeGrid();
  private TinyShard shard;
  private ExpertNode node;

  @BeforeEach
  void start(@TempDir Path folder) throws IOException {
    shard = TinyShard.ffn(folder);
    node = start(settings(0));
  }

  @AfterEach
  void stop() {
    node.close();
  }

  private ExpertNode start(NodeSettings settings) throws IOException {
    return ExpertNode.start(
        new ExpertNode.Parts(ID, settings, List.of(), shard.source, System::nanoTime),
        MetricsServer.start(settings.metrics()),
        () -> grid);
  }

  private static NodeSettings settings(int port) {
    return new NodeSettings(
        "127.0.0.1",
        port,
        Optional.empty(),
        Optional.of(new MetricsAddress("127.0.0.1", 0)),
        Optional.empty(),
        WeightsFrom.AUTO,
        true,
        8,
        0,
        Optional.empty(),
        1,
        0,
        1 << 20,
        1 << 20,
        Duration.ofSeconds(30),
        Duration.ofSeconds(10),
        MoveSettings.defaults());
  }

  @Test
  void itIsReadyWithWhatThePlacementGivesItAndNotBefore() throws Exception {
    assertThat(awaited(view -> view.node(ID).isPresent()).node(ID).orElseThrow().state())
        .isEqualTo(NodeState.JOINING);
    assertThat(serving()).isEqualTo(ServingStatus.NOT_SERVING);

    place(1, List.of(0, 2));

    NodeInfo ready = awaited(this::isReady).node(ID).orElseThrow();
    node.ready().toCompletableFuture().get(20, TimeUnit.SECONDS);
    assertThat(ready.heldUnits()).containsExactly(0, 2);
    assertThat(ready.heldEpoch()).isEqualTo(1);
    assertThat(ready.address()).isEqualTo(node.address());
    assertThat(serving()).isEqualTo(ServingStatus.SERVING);
  }

  @Test
  void batchesAreAnsweredWithTheBitsOfTheExpert() throws Exception {
    ready(List.of(0, 1, 2, 3));
    try (RouterStream router = new RouterStream(node.address())) {
      assertThat(router.greet(hello()).getSenderId()).isEqualTo(ID);
      TensorRows in = rows(5, 40);
      for (int layer = 0; layer < 2; layer++) {
        for (int expert = 0; expert < TinyShard.EXPERTS; expert++) {
          ExpertResultFrame result = router.ask(batch(7, layer, in, group(expert, 0, 3, 4, 39)));
          assertThat(result.header().getGroups(0).getStatus())
              .isEqualTo(GroupStatus.GROUP_STATUS_OK);
          assertThat(result.outputs().values())
              .isEqualTo(shard.direct(layer, expert, in, 0, 3, 4, 39));
        }
      }
      router.halfClose();
      assertThat(router.end().getCode()).isEqualTo(Status.Code.OK);
    }
  }

  @Test
  void metricsSayWhatItHasDoneAndReadinessWhetherItCan() throws Exception {
    String metrics = node.metricsAddress().orElseThrow();
    assertThat(Scrape.get(metrics, "/healthz").statusCode()).isEqualTo(200);
    assertThat(Scrape.get(metrics, "/readyz").statusCode()).isEqualTo(503);
    ready(List.of(0, 1, 2, 3));
    assertThat(Scrape.get(metrics, "/readyz").statusCode()).isEqualTo(200);
    try (RouterStream router = new RouterStream(node.address())) {
      router.greet(hello());
      router.ask(batch(7, 1, rows(5, 40), group(2, 0, 3, 4, 39)));

      Scrape scrape = Scrape.of(metrics);

      assertThat(scrape.value("switchboard_node_expert_tokens_total{expert=\"2\",layer=\"1\"}"))
          .isEqualTo(4);
      assertThat(scrape.sum("switchboard_node_expert_tokens_total")).isEqualTo(4);
      assertThat(scrape.value("switchboard_node_batch_seconds_count")).isEqualTo(1);
      assertThat(scrape.value("switchboard_node_routers{way=\"stream\"}")).isEqualTo(1);
      assertThat(scrape.value("switchboard_node_refused_batches_total")).isZero();
      assertThat(scrape.value("switchboard_node_placement_epoch")).isEqualTo(1);
      assertThat(scrape.count("switchboard_kernels_info")).isEqualTo(1);
    }
    node.close();
    assertThatIOException().isThrownBy(() -> Scrape.get(metrics, "/healthz"));
  }

  @Test
  void aPeerWithPlainStubsIsServedToo() throws Exception {
    ready(List.of(0));
    try (RouterStream router = new RouterStream(node.address())) {
      CompletableFuture<ExpertResult> answer = new CompletableFuture<>();
      StreamObserver<ExpertBatch> stream =
          ExpertNodeGrpc.newStub(router.channel()).process(firstBatch(answer));
      stream.onNext(ExpertBatch.newBuilder().setHello(hello()).build());
      stream.onNext(batch(3, 0, TensorRows.NONE, group(1, 0)).header());
      assertThat(answer.get(20, TimeUnit.SECONDS).getGroups(0).getStatus())
          .isEqualTo(GroupStatus.GROUP_STATUS_INVALID);
    }
  }

  private static StreamObserver<ExpertResult> firstBatch(CompletableFuture<ExpertResult> answer) {
    return new StreamObserver<>() {
      @Override
      public void onNext(ExpertResult result) {
        if (!result.hasHello()) {
          answer.complete(result);
        }
      }

      @Override
      public void onError(Throwable t) {
        answer.completeExceptionally(t);
      }

      @Override
      public void onCompleted() {}
    };
  }

  @Test
  void aPeerThatDoesNotAgreeIsRefusedNamingBothSides() throws Exception {
    List<Hello> strangers =
        List.of(
            hello().toBuilder().setProtocolVersion(99).build(),
            hello().toBuilder().setArithmeticVersion(99).build(),
            hello().toBuilder().setModelFingerprint("99").build(),
            hello().toBuilder().addArithmeticOptions("x=99").build());
    for (Hello stranger : strangers) {
      try (RouterStream router = new RouterStream(node.address())) {
        router.send(RouterStream.opening(stranger));
        Status end = router.end();
        assertThat(end.getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
        assertThat(end.getDescription())
            .contains(ID, "router-1", " here, ", "99")
            .endsWith(" there");
      }
    }
  }

  @Test
  void aBatchBeforeTheHelloEndsTheStream() throws Exception {
    try (RouterStream router = new RouterStream(node.address())) {
      router.send(batch(42, 0, rows(1, 1), group(0, 0)));
      assertThat(router.end().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
      assertThat(router.end().getDescription()).contains("batch 42 came before the hello");
    }
  }

  @Test
  void aSecondHelloEndsTheStream() throws Exception {
    try (RouterStream router = new RouterStream(node.address())) {
      router.greet(hello());
      router.send(RouterStream.opening(hello()));
      assertThat(router.end().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    }
  }

  @Test
  void anExpertThatIsNotHeldIsNamedWithWhatIs() throws Exception {
    ready(List.of(1));
    try (RouterStream router = new RouterStream(node.address())) {
      router.greet(hello());
      ExpertResult result = router.ask(batch(1, 0, rows(1, 1), group(0, 0))).header();
      assertThat(result.getGroups(0).getStatus()).isEqualTo(GroupStatus.GROUP_STATUS_NOT_HELD);
      assertThat(result.getGroups(0).getMessage()).contains("held are [1] of placement epoch 1");
      assertThat(result.getHeldEpoch()).isEqualTo(1);
    }
  }

  @Test
  void aChangedPlacementIsLoadedThenSwitchedThenUnloaded() throws Exception {
    ready(List.of(0, 1));
    grid.announce(
        NodeInfo.joining("other", "127.0.0.1", 1, shard.model.fingerprint(), 0)
            .ready(1, List.of(2, 3)));

    place(2, List.of(1, 2));
    NodeInfo both =
        awaited(view -> view.node(ID).orElseThrow().heldEpoch() == 2).node(ID).orElseThrow();
    assertThat(both.heldUnits()).as("until the other node is ready").containsExactly(0, 1, 2);

    grid.announce(
        NodeInfo.joining("other", "127.0.0.1", 1, shard.model.fingerprint(), 0)
            .ready(2, List.of(0, 3)));
    awaited(view -> view.node(ID).orElseThrow().heldUnits().equals(List.of(1, 2)));
    try (RouterStream router = new RouterStream(node.address())) {
      router.greet(hello());
      assertThat(router.ask(batch(1, 0, rows(1, 1), group(0, 0))).header().getGroups(0).getStatus())
          .isEqualTo(GroupStatus.GROUP_STATUS_NOT_HELD);
      assertThat(router.ask(batch(2, 0, rows(1, 1), group(2, 0))).header().getGroups(0).getStatus())
          .isEqualTo(GroupStatus.GROUP_STATUS_OK);
    }
  }

  @Test
  void anAddedExpertIsLoadedServedUnderItsOwnNameAndUnloaded() throws Exception {
    ready(List.of(0));
    int index = TinyShard.EXPERTS;
    AddedExpert expert = GrownModels.write(shard.model.path(), extra.resolve("go"), "go");
    String fingerprint = expert.fingerprint();
    grid.changeExperts(book ->
        book.with(
            shard.model.fingerprint(),
            new ExpertBook.Added("go", index, fingerprint, expert.source().toString())));
    placeWithAdded(2);
    awaited(view -> view.node(ID).orElseThrow().heldUnits().equals(List.of(0, index)));
    try (RouterStream router = new RouterStream(node.address())) {
      router.greet(hello());
      TensorRows in = rows(5, 3);
      ExpertResultFrame result = router.ask(batch(1, 1, in, of(fingerprint, index)));
      assertThat(result.header().getGroups(0).getStatus()).isEqualTo(GroupStatus.GROUP_STATUS_OK);
      float[] wanted = new float[3 * TinyShard.WIDTH];
      Expert direct = shard.model.loadExpert(expert, 1);
      direct.forward(in.values(), 0, 3, direct.newState(), wanted, 0, new Scratch());
      assertThat(result.outputs().values()).isEqualTo(wanted);

      GroupResult other = router.ask(batch(2, 1, in, of("other", index))).header().getGroups(0);
      assertThat(other.getStatus()).isEqualTo(GroupStatus.GROUP_STATUS_NOT_HELD);
      assertThat(other.getMessage()).contains(fingerprint, "other");

      grid.changeExperts(ExpertBook::withoutLast);
      grid.announce(
          NodeInfo.joining("other", "127.0.0.1", 1, shard.model.fingerprint(), 0)
              .ready(3, List.of(1, 2, 3)));
      place(3, List.of(0));
      awaited(view -> view.node(ID).orElseThrow().heldUnits().equals(List.of(0)));
      assertThat(router.ask(batch(3, 1, in, of(fingerprint, index))).header().getGroups(0))
          .extracting(GroupResult::getStatus)
          .isEqualTo(GroupStatus.GROUP_STATUS_NOT_HELD);
    }
  }

  @Test
  void anAddedExpertThatCannotBeLoadedIsTriedAgainAndTheNodeServesOn() throws Exception {
    ready(List.of(0));
    AddedExpert expert = GrownModels.write(shard.model.path(), extra.resolve("go"), "go");
    Path late = extra.resolve("late");
    grid.changeExperts(book ->
        book.with(
            shard.model.fingerprint(),
            new ExpertBook.Added("go", TinyShard.EXPERTS, expert.fingerprint(), late.toString())));
    placeWithAdded(2);
    try (RouterStream router = new RouterStream(node.address())) {
      router.greet(hello());
      assertThat(router.ask(batch(1, 0, rows(1, 1), group(0, 0))).header().getGroups(0).getStatus())
          .isEqualTo(GroupStatus.GROUP_STATUS_OK);
    }
    Files.move(expert.source(), late);
    awaited(view -> view.node(ID).orElseThrow().heldUnits().contains(TinyShard.EXPERTS));
  }

  private static ExpertGroup of(String fingerprint, int index) {
    return group(index, 0, 1, 2).toBuilder().setExpertFingerprint(fingerprint).build();
  }

  /** As {@link #place} with unit 0, and the added one. */
  private void placeWithAdded(long epoch) {
    List<List<String>> holders = new java.util.ArrayList<>();
    for (int unit = 0; unit <= TinyShard.EXPERTS; unit++) {
      holders.add(List.of(unit == 0 || unit == TinyShard.EXPERTS ? ID : "other"));
    }
    String model = shard.model.fingerprint();
    grid.place(new Placement(epoch, model, holders.size(), 1, 1, List.of(ID, "other"), holders));
  }

  @Test
  void describeCountsExactly() throws Exception {
    ready(List.of(0));
    try (RouterStream router = new RouterStream(node.address())) {
      router.greet(hello());
      router.ask(batch(1, 1, rows(1, 5), group(0, 0, 1, 4)));
      NodeDescription described =
          ExpertNodeGrpc.newBlockingStub(router.channel())
              .withDeadlineAfter(20, TimeUnit.SECONDS)
              .describe(DescribeRequest.getDefaultInstance());
      assertThat(described.getNodeId()).isEqualTo(ID);
      assertThat(described.getPlacementEpoch()).isEqualTo(1);
      assertThat(described.getBatches()).isEqualTo(1);
      assertThat(described.getResidentBytes()).isGreaterThan(1 << 20);
      assertThat(described.getExpertsList())
          .extracting(e -> e.getLayer() + "/" + e.getExpert() + ": " + e.getRows())
          .containsExactly("0/0: 0", "1/0: 3");
    }
  }

  @Test
  void aNodeThatDrainsSaysSoAnswersOnAndEndsItsStreams() throws Exception {
    ready(List.of(0));
    CompletableFuture<ClusterView> draining =
        when(view -> view.node(ID).orElseThrow().state() == NodeState.DRAINING);
    try (RouterStream router = new RouterStream(node.address())) {
      router.greet(hello());
      Thread stopping = Thread.ofPlatform().start(node::drain);
      draining.get(20, TimeUnit.SECONDS);
      assertThat(router.ask(batch(1, 0, rows(1, 1), group(0, 0))).header().getGroups(0).getStatus())
          .isEqualTo(GroupStatus.GROUP_STATUS_OK);
      Status end = router.end();
      assertThat(end.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(end.getDescription()).isEqualTo("node " + ID + " stops");
      stopping.join();
      assertThat(grid.closed()).isTrue();
    }
  }

  @Test
  void whatItComputedIsInTheGridToTheLastRow() throws Exception {
    ready(List.of(0, 2));
    try (RouterStream router = new RouterStream(node.address())) {
      router.greet(hello());
      router.ask(batch(1, 1, rows(5, 40), group(2, 0, 3, 4, 39)));
    }
    node.close();
    NodeLoad load = grid.loads().nodes().get(ID);
    assertThat(load.model()).isEqualTo(shard.model.fingerprint());
    assertThat(load.done().rows()).isEqualTo(4);
    assertThat(load.done().batches()).isEqualTo(1);
    assertThat(load.done().service().totalNanos()).isPositive();
    assertThat(load.cost().statisticsNanos()).isBetween(1L, load.cost().cpuNanos());
    assertThat(grid.loads().uses().get(ID).experts())
        .extracting(use -> use.layer() + "/" + use.expert())
        .containsExactlyInAnyOrder("0/0", "1/0", "0/2", "1/2");
  }

  @Test
  void aPortInUseIsNamedAndNothingIsLeftBehind() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertThatThrownBy(() -> start(settings(taken.getLocalPort())))
          .hasMessage(
              "cannot listen on 127.0.0.1:" + taken.getLocalPort() + ": the port is in use");
    }
  }

  private Hello hello() {
    return Handshake.hello(Arithmetic.VERSION, shard.model.fingerprint(), List.of())
        .setSenderId("router-1")
        .build();
  }

  private ServingStatus serving() {
    try (RouterStream router = new RouterStream(node.address())) {
      return HealthGrpc.newBlockingStub(router.channel())
          .withDeadlineAfter(20, TimeUnit.SECONDS)
          .check(HealthCheckRequest.newBuilder().setService("switchboard.v1.ExpertNode").build())
          .getStatus();
    }
  }

  private void ready(List<Integer> experts) throws Exception {
    place(1, experts);
    node.ready().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  private boolean isReady(ClusterView view) {
    return view.node(ID).map(info -> info.state() == NodeState.READY).orElse(false);
  }

  /** Gives the node these experts, and the others to another node. */
  private void place(long epoch, List<Integer> mine) {
    List<List<String>> holders = new java.util.ArrayList<>();
    for (int expert = 0; expert < TinyShard.EXPERTS; expert++) {
      holders.add(List.of(mine.contains(expert) ? ID : "other"));
    }
    grid.place(
        new Placement(
            epoch, shard.model.fingerprint(), TinyShard.EXPERTS, 1, List.of(ID, "other"), holders));
  }

  private CompletableFuture<ClusterView> when(Predicate<ClusterView> wanted) {
    CompletableFuture<ClusterView> seen = new CompletableFuture<>();
    grid.onChange(view -> {
      if (wanted.test(view)) {
        seen.complete(view);
      }
    });
    return seen;
  }

  private ClusterView awaited(Predicate<ClusterView> wanted) throws Exception {
    return when(wanted).get(20, TimeUnit.SECONDS);
  }
}
