package dev.switchboard.client.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.proto.v1.ClusterGrpc;
import dev.switchboard.proto.v1.ClusterStatus;
import dev.switchboard.proto.v1.MarkNodeRequest;
import dev.switchboard.proto.v1.MarkedNode;
import dev.switchboard.proto.v1.NodeMark;
import dev.switchboard.proto.v1.NodeStatus;
import dev.switchboard.proto.v1.PlacementChange;
import dev.switchboard.proto.v1.PlacementDecision;
import dev.switchboard.proto.v1.PlacementReport;
import dev.switchboard.proto.v1.ReadPlacementRequest;
import dev.switchboard.proto.v1.RebalanceRequest;
import dev.switchboard.proto.v1.StatusRequest;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code cluster} against a router whose nodes take their time. */
class ClusterCommandTest {
  private final List<MarkNodeRequest> marked = new CopyOnWriteArrayList<>();
  private final AtomicInteger looks = new AtomicInteger();
  private volatile boolean stuck;
  private volatile long epoch = 4;
  private Server server;

  @BeforeEach
  void start() throws IOException {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
            .addService(new Cluster())
            .build()
            .start();
  }

  @AfterEach
  void stop() {
    server.shutdownNow();
  }

  private Run run(String... args) {
    List<String> all = new ArrayList<>(List.of("cluster"));
    all.addAll(Arrays.asList(args));
    all.addAll(List.of("--router", "127.0.0.1:" + server.getPort()));
    return Run.of(Map.of("USER", "anna"), "", all.toArray(String[]::new));
  }

  @Test
  void drainWaitsUntilTheNodeIsEmpty() {
    Run run = run("drain", "n1", "--why", "new disk");
    assertThat(run.err()).isEmpty();
    assertThat(run.exit()).isZero();
    assertThat(run.out()).isEqualTo("node n1 is empty (placement epoch 4)\n");
    assertThat(looks).hasValue(3);
    assertThat(marked)
        .containsExactly(
            MarkNodeRequest.newBuilder()
                .setNode("n1")
                .setMark(NodeMark.NODE_MARK_DRAINED)
                .setWho("anna")
                .setWhy("new disk")
                .build());
  }

  @Test
  void drainSaysWhatIsStillThereWhenItsTimeIsOver() {
    stuck = true;
    Run run = run("drain", "n1", "--timeout", "1");
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err()).contains("n1 still has 3 experts", "after 1 s", "uncordon n1");
  }

  @Test
  void cordonAndUncordonMark() {
    assertThat(run("cordon", "n1").out()).contains("n1 is drained since", "by bob: old");
    assertThat(run("uncordon", "n1").exit()).isZero();
    assertThat(marked)
        .extracting(MarkNodeRequest::getMark)
        .containsExactly(NodeMark.NODE_MARK_CORDONED, NodeMark.NODE_MARK_UNSPECIFIED);
  }

  @Test
  void historyTellsEveryDecision() {
    Run text = run("history");
    assertThat(text.out()).contains("epoch 4", "lost: n9", "loads 1, gives up 2", "0.50 -> 0.90");
    Run json = run("history", "--json");
    assertThat(json.out())
        .contains("\"why\":\"lost: n9\"", "\"balanceAfter\":0.9", "\"unit\":7", "\"comes\":true");
  }

  @Test
  void rebalanceTellsWhatCameOfIt() {
    assertThat(run("rebalance").out()).contains("lost: n9");
  }

  @Test
  void statusShowsMarks() {
    assertThat(run("status").out()).contains("[drained]");
    assertThat(run("status", "--json").out()).contains("\"mark\":\"drained\"", "\"unitsHeld\":");
  }

  @Test
  void withoutAWordItSaysWhichThereAre() {
    Run run = Run.of(Map.of(), "", "cluster");
    assertThat(run.exit()).isEqualTo(2);
    assertThat(run.err()).contains("drain", "history");
  }

  private PlacementReport report() {
    return PlacementReport.newBuilder()
        .setEpoch(epoch)
        .addMarks(
            MarkedNode.newBuilder()
                .setNode("n1")
                .setMark(NodeMark.NODE_MARK_DRAINED)
                .setWho("bob")
                .setWhy("old"))
        .addHistory(
            PlacementDecision.newBuilder()
                .setEpoch(4)
                .setWhy("lost: n9")
                .setLoads(1)
                .setDrops(2)
                .setBalanceBefore(0.5)
                .setBalanceAfter(0.9)
                .addChanges(PlacementChange.newBuilder().setUnit(7).setNode("n1").setComes(true)))
        .build();
  }

  private final class Cluster extends ClusterGrpc.ClusterImplBase {
    @Override
    public void markNode(MarkNodeRequest request, StreamObserver<PlacementReport> observer) {
      marked.add(request);
      answer(observer, report());
    }

    @Override
    public void rebalance(RebalanceRequest request, StreamObserver<PlacementReport> observer) {
      answer(observer, report());
      epoch = 5;
    }

    @Override
    public void readPlacement(
        ReadPlacementRequest request, StreamObserver<PlacementReport> observer) {
      answer(observer, report());
    }

    @Override
    public void status(StatusRequest request, StreamObserver<ClusterStatus> observer) {
      int left = stuck ? 3 : Math.max(0, 3 - looks.incrementAndGet());
      answer(
          observer,
          ClusterStatus.newBuilder()
              .addNodes(
                  NodeStatus.newBuilder()
                      .setId("n1")
                      .setMark(NodeMark.NODE_MARK_DRAINED)
                      .setUnitsHeld(left)
                      .setUnitsPlaced(left))
              .build());
    }

    private <T> void answer(StreamObserver<T> observer, T message) {
      observer.onNext(message);
      observer.onCompleted();
    }
  }
}
