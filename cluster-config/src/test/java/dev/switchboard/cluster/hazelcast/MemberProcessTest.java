package dev.switchboard.cluster.hazelcast;

import static dev.switchboard.cluster.hazelcast.Grids.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.cluster.ClusterView;
import dev.switchboard.cluster.NodeInfo;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** What only shows between processes: sudden death, and the sockets of one. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class MemberProcessTest {
  /** Seen in 150 ms on a quiet machine; the rest is for one that is busy with other tests. */
  private static final long DEATH_SEEN_MILLIS = 2000;

  private final Grids grids = new Grids();

  @AfterEach
  void close() {
    grids.close();
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void aKilledNodeVanishesSoonAndListensOnLoopbackAlone() throws IOException {
    HazelcastGrid router = grids.router();
    String cluster = grids.settings().clusterName();
    try (MemberProcess node =
        MemberProcess.start(Role.NODE, cluster, "a", 0, router.gridAddress())) {
      await(router, view -> view.node("a").isPresent());
      List<String> sockets = ListeningSockets.of(node.pid());
      assertThat(sockets).hasSize(1).allMatch(ListeningSockets::isLoopback);
      long killed = System.nanoTime();
      node.kill();
      await(router, view -> view.nodes().isEmpty());
      long millis = (System.nanoTime() - killed) / 1_000_000;
      assertThat(millis).isLessThan(DEATH_SEEN_MILLIS);
      System.out.println("kill -9 of a node seen after " + millis + " ms");
    }
  }

  @Test
  void nodesOutliveAKilledRouterAndFindItsSuccessor() throws IOException {
    String cluster = grids.settings().clusterName();
    int port;
    HazelcastGrid node;
    try (MemberProcess first = MemberProcess.start(Role.ROUTER, cluster, "r1", 0, "")) {
      port =
          Integer.parseInt(first.gridAddress().substring(first.gridAddress().lastIndexOf(':') + 1));
      node = grids.node(first.gridAddress());
      node.announce(NodeInfo.joining("a", "127.0.0.1", 1, "model-a", 0));
      await(node, view -> view.node("a").isPresent() && view.routers().size() == 1);
      first.kill();
    }
    long killed = System.nanoTime();
    HazelcastGrid second =
        grids.add(HazelcastGrid.join(grids.settings().withPort(port), Role.ROUTER));
    ClusterView seen = await(second, view -> view.node("a").isPresent());
    assertThat(seen.routers()).isEmpty();
    System.out.println(
        "back with a new router after " + (System.nanoTime() - killed) / 1_000_000 + " ms");
  }
}
