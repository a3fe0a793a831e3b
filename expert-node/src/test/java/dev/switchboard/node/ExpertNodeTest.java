package dev.switchboard.node;

import static dev.switchboard.node.TinyShard.batch;
import static dev.switchboard.node.TinyShard.group;
import static dev.switchboard.node.TinyShard.rows;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.cluster.NodeLoad;
import dev.switchboard.cluster.testing.Scrape;
import dev.switchboard.proto.codec.ExpertResultFrame;
import dev.switchboard.proto.codec.TensorRows;
import dev.switchboard.proto.v1.DescribeRequest;
import dev.switchboard.proto.v1.ExpertBatch;
import dev.switchboard.proto.v1.ExpertNodeGrpc;
import dev.switchboard.proto.v1.ExpertResult;
import dev.switchboard.proto.v1.GroupStatus;
import dev.switchboard.proto.v1.Hello;
import dev.switchboard.proto.v1.NodeDescription;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What a node answers to whom. */
class ExpertNodeTest extends NodeUnderTest {
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
}
