package dev.switchboard.node;

import dev.switchboard.cluster.ClusterView;
import dev.switchboard.cluster.NodeState;
import dev.switchboard.cluster.Placement;
import dev.switchboard.cluster.metrics.MetricsServer;
import dev.switchboard.cluster.settings.MetricsAddress;
import dev.switchboard.cluster.settings.MoveSettings;
import dev.switchboard.cluster.settings.NodeSettings;
import dev.switchboard.cluster.settings.WeightsFrom;
import dev.switchboard.cluster.testing.FakeGrid;
import dev.switchboard.model.Arithmetic;
import dev.switchboard.proto.codec.Handshake;
import dev.switchboard.proto.v1.Hello;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A whole node on loopback with a grid of one process. */
abstract class NodeUnderTest {
  static final String ID = "node-under-test";

  final FakeGrid grid = new FakeGrid();

  TinyShard shard;

  ExpertNode node;

  @BeforeEach
  void start(@TempDir Path folder) throws IOException {
    shard = TinyShard.ffn(folder);
    node = start(settings(0));
  }

  ExpertNode start(NodeSettings settings) throws IOException {
    return ExpertNode.start(
        new ExpertNode.Parts(ID, settings, List.of(), shard.source, System::nanoTime),
        MetricsServer.start(settings.metrics()),
        () -> grid);
  }

  @AfterEach
  void stop() {
    node.close();
  }

  static NodeSettings settings(int port) {
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

  Hello hello() {
    return Handshake.hello(Arithmetic.VERSION, shard.model.fingerprint(), List.of())
        .setSenderId("router-1")
        .build();
  }

  void ready(List<Integer> experts) throws Exception {
    place(1, experts);
    node.ready().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  boolean isReady(ClusterView view) {
    return view.node(ID).map(info -> info.state() == NodeState.READY).orElse(false);
  }

  /** Gives the node these experts, and the others to another node. */
  void place(long epoch, List<Integer> mine) {
    List<List<String>> holders = new java.util.ArrayList<>();
    for (int expert = 0; expert < TinyShard.EXPERTS; expert++) {
      holders.add(List.of(mine.contains(expert) ? ID : "other"));
    }
    grid.place(
        new Placement(
            epoch, shard.model.fingerprint(), TinyShard.EXPERTS, 1, List.of(ID, "other"), holders));
  }

  CompletableFuture<ClusterView> when(Predicate<ClusterView> wanted) {
    CompletableFuture<ClusterView> seen = new CompletableFuture<>();
    grid.onChange(view -> {
      if (wanted.test(view)) {
        seen.complete(view);
      }
    });
    return seen;
  }

  ClusterView awaited(Predicate<ClusterView> wanted) throws Exception {
    return when(wanted).get(20, TimeUnit.SECONDS);
  }
}
