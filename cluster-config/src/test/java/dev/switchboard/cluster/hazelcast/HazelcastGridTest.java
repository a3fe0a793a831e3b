package dev.switchboard.cluster.hazelcast;

import static dev.switchboard.cluster.hazelcast.Grids.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.switchboard.cluster.ClusterView;
import dev.switchboard.cluster.ExpertBook;
import dev.switchboard.cluster.Grid;
import dev.switchboard.cluster.Keepers;
import dev.switchboard.cluster.NodeBook;
import dev.switchboard.cluster.NodeInfo;
import dev.switchboard.cluster.NodeLoad;
import dev.switchboard.cluster.NodeState;
import dev.switchboard.cluster.Placement;
import dev.switchboard.cluster.PlacementKeeper;
import dev.switchboard.cluster.RouterInfo;
import dev.switchboard.cluster.ServedVersion;
import dev.switchboard.cluster.settings.GridSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class HazelcastGridTest {
  private static final String MODEL = "model-a";
  private static final ServedVersion VERSION = new ServedVersion(MODEL, "");

  private final Grids grids = new Grids();

  @AfterEach
  void close() {
    grids.close();
  }

  @Test
  void everybodySeesWhoAnnouncesAndWhoLeaves() {
    HazelcastGrid router = grids.router();
    router.announce(router("r1"));
    HazelcastGrid a = grids.node(router.gridAddress());
    HazelcastGrid b = grids.node(router.gridAddress());
    a.announce(node("a"));
    b.announce(node("b"));
    for (Grid grid : List.of(router, a, b)) {
      ClusterView view = await(grid, v -> v.nodes().size() == 2 && v.routers().size() == 1);
      assertThat(view.nodes()).extracting(NodeInfo::id).containsExactly("a", "b");
      assertThat(view.routers().getFirst().leader()).isTrue();
    }
    a.announce(node("a").ready(1, List.of(3)));
    assertThat(
            await(b, v -> v.node("a").orElseThrow().state() == NodeState.READY)
                .node("a")
                .get()
                .heldUnits())
        .containsExactly(3);
    b.close();
    assertThat(await(router, v -> v.nodes().size() == 1).nodes().getFirst().id()).isEqualTo("a");
    await(a, v -> v.nodes().size() == 1);
  }

  @Test
  void aNodeBeforeAnyRouterWaitsAndJoinsWhenOneListens() throws IOException {
    int port = freePort();
    HazelcastGrid node = grids.node("127.0.0.1:" + port);
    node.announce(node("early"));
    node.publishLoad(NodeLoad.none("early"));
    assertThat(node.view()).isEqualTo(ClusterView.EMPTY);
    assertThat(node.loads().nodes()).containsKey("early");
    assertThat(node.gridAddress()).isEmpty();
    HazelcastGrid router =
        grids.add(HazelcastGrid.join(grids.settings().withPort(port), Role.ROUTER));
    await(router, v -> v.node("early").isPresent());
    await(node, v -> v.node("early").isPresent());
    assertThat(node.gridAddress()).startsWith("127.0.0.1:");
  }

  @Test
  void nodesKeepWhatTheyKnowWithoutARouterAndComeBackToItsSuccessor() {
    HazelcastGrid first = grids.router();
    first.announce(router("r1"));
    first.keepPlacement(keeper(2));
    HazelcastGrid a = grids.node(first.gridAddress());
    HazelcastGrid b = grids.node(first.gridAddress());
    a.announce(node("a"));
    b.announce(node("b"));
    ClusterView before = await(a, v -> v.placement().isPresent() && v.nodes().size() == 2);
    Placement placement = before.placement().orElseThrow();
    a.announce(node("a").ready(placement.epoch(), placement.unitsOf("a")));
    b.announce(node("b").ready(placement.epoch(), placement.unitsOf("b")));
    int port = Integer.parseInt(first.gridAddress().substring("127.0.0.1:".length()));
    await(first, ClusterView::complete);

    first.close();
    await()
        .atMost(Grids.PATIENCE)
        .until(() -> a.gridAddress().isEmpty() && b.gridAddress().isEmpty());
    assertThat(a.view().placement()).contains(placement);

    HazelcastGrid second =
        grids.add(HazelcastGrid.join(grids.settings().withPort(port), Role.ROUTER));
    second.announce(router("r2"));
    second.keepPlacement(keeper(2));
    ClusterView after = await(second, v -> v.placement().isPresent());
    assertThat(after.nodes()).extracting(NodeInfo::id).containsExactly("a", "b");
    Placement next = after.placement().get();
    assertThat(next.epoch()).isEqualTo(placement.epoch() + 1);
    assertThat(next.holders()).isEqualTo(placement.holders());
    ClusterView seen = await(a, v -> v.routers().stream().anyMatch(r -> r.id().equals("r2")));
    assertThat(seen.routers()).hasSize(1);
  }

  @Test
  void theOldestRouterKeepsThePlacementAndItsSuccessorGoesOn() {
    HazelcastGrid first = grids.router();
    first.announce(router("r1"));
    HazelcastGrid second = grids.router(first.gridAddress());
    second.announce(router("r2"));
    second.keepPlacement(keeper(1));
    first.keepPlacement(keeper(1));
    HazelcastGrid node = grids.node(first.gridAddress());
    node.announce(node("a"));
    ClusterView view = await(second, v -> v.placement().isPresent() && v.routers().size() == 2);
    assertThat(view.routers().getFirst()).isEqualTo(router("r1").withLeader(true));
    assertThat(view.routers().getLast().leader()).isFalse();
    long epoch = view.placement().orElseThrow().epoch();
    first.close();
    await(second, v -> v.routers().size() == 1 && v.routers().getFirst().leader());
    HazelcastGrid late = grids.node(second.gridAddress());
    late.announce(node("b"));
    ClusterView after = await(second, v -> v.placement().orElseThrow().nodes().size() == 2);
    assertThat(after.placement().orElseThrow().epoch()).isEqualTo(epoch + 1);
    await(node, v -> v.placement().orElseThrow().epoch() == epoch + 1);
  }

  @Test
  void ofTwoPlacementsAtOnceOneWins() throws InterruptedException {
    Link one = Link.open(grids.settings(), Role.ROUTER, List.of());
    Link other = Link.open(grids.settings(), Role.ROUTER, List.of(one.address()));
    try {
      byte[] start = GridCodec.encode(1, placement(1, "x"));
      assertThat(one.swap(Keys.placement(VERSION), null, start)).isTrue();
      assertThat(other.swap(Keys.placement(VERSION), null, start)).isFalse();
      for (int round = 2; round < 12; round++) {
        byte[] before = GridCodec.encode(round - 1, placement(round - 1, "x"));
        byte[] after = GridCodec.encode(round, placement(round, "x"));
        AtomicInteger winners = new AtomicInteger();
        Thread rival =
            Thread.ofPlatform()
                .start(() ->
                    winners.addAndGet(other.swap(Keys.placement(VERSION), before, after) ? 1 : 0));
        winners.addAndGet(one.swap(Keys.placement(VERSION), before, after) ? 1 : 0);
        rival.join();
        assertThat(winners).hasValue(1);
      }
    } finally {
      other.close();
      one.close();
    }
  }

  @Test
  void whatIsSaidAboutExpertsIsSaidToAll() {
    HazelcastGrid first = grids.router();
    HazelcastGrid second = grids.router(first.gridAddress());
    HazelcastGrid node = grids.node(first.gridAddress());
    for (int expert = 0; expert < 6; expert++) {
      int index = expert;
      HazelcastGrid grid = expert % 2 == 0 ? first : second;
      ExpertBook made =
          grid.changeExperts(book -> book.disabling(MODEL, with(book.disabled(), index)))
              .toCompletableFuture()
              .orTimeout(20, TimeUnit.SECONDS)
              .join();
      assertThat(made.disabled()).hasSize(expert + 1);
      assertThat(grid.view().experts()).isEqualTo(made);
    }
    for (Grid grid : List.of(first, second, node)) {
      await(grid, v -> v.experts().disabled().equals(List.of(0, 1, 2, 3, 4, 5)));
    }
    first.close();
    assertThat(second.changeExperts(book -> book.disabling(MODEL, List.of(9))))
        .succeedsWithin(Duration.ofSeconds(20));
    await(node, v -> v.experts().disabled().equals(List.of(9)));
  }

  @Test
  void valuesOfAnotherVersionStopNobody() throws TimeoutException {
    HazelcastGrid router = grids.router();
    router.announce(router("r1"));
    Link other = Link.open(grids.settings(), Role.ROUTER, List.of(router.gridAddress()));
    try {
      for (String key : List.of(Keys.nodes(VERSION), Keys.placement(VERSION))) {
        byte[] bytes = GridCodec.encode(700, placement(700, "x"));
        bytes[0] = 99;
        bytes[10] = 99;
        other.putMember(key, bytes);
      }
      assertThat(router.changeNodes(NodeBook::wishing)).succeedsWithin(Grids.PATIENCE);
      router.keepPlacement(keeper(1));
      HazelcastGrid node = grids.node(router.gridAddress());
      node.announce(node("a"));
      await(node, v -> v.placement().isPresent() && v.book().wishes() == 1);
    } finally {
      other.close();
    }
  }

  private static List<Integer> with(List<Integer> some, int one) {
    return Stream.concat(some.stream(), Stream.of(one)).toList();
  }

  @Test
  void clustersOfDifferentNamesDoNotJoin() throws IOException {
    HazelcastGrid router = grids.router();
    router.announce(router("r1"));
    try (Grids others = new Grids()) {
      HazelcastGrid stranger = others.router(router.gridAddress());
      stranger.announce(router("s1"));
      HazelcastGrid lost = others.node(router.gridAddress());
      lost.announce(node("lost"));
      HazelcastGrid own = others.node(stranger.gridAddress());
      own.announce(node("own"));
      ClusterView view = await(stranger, v -> !v.nodes().isEmpty() && !v.routers().isEmpty());
      assertThat(view.nodes()).extracting(NodeInfo::id).containsExactly("own");
      assertThat(view.routers()).extracting(RouterInfo::id).containsExactly("s1");
      assertThat(router.view().nodes()).isEmpty();
      assertThat(router.view().routers()).hasSize(1);
      assertThat(lost.view()).isEqualTo(ClusterView.EMPTY);
    }
  }

  @Test
  void aTakenPortIsAnErrorAtStartForBothRoles() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      GridSettings settings = grids.settings("127.0.0.1:1").withPort(taken.getLocalPort());
      for (Role role : Role.values()) {
        assertThatThrownBy(() -> HazelcastGrid.join(settings, role))
            .isInstanceOf(GridException.class)
            .hasMessageContaining("cannot listen on 127.0.0.1:" + taken.getLocalPort())
            .hasMessageContaining("in use");
      }
    }
  }

  @Test
  void listenersThatFailHarmNobody() {
    HazelcastGrid router = grids.router();
    router.onChange(view -> {
      throw new IllegalStateException("a test's listener");
    });
    router.announce(router("r1"));
    assertThat(await(router, v -> v.routers().size() == 1).routers()).hasSize(1);
  }

  private static PlacementKeeper keeper(int minNodes) {
    return Keepers.of(8, 1, minNodes, Duration.ofMillis(50));
  }

  private static Placement placement(long epoch, String node) {
    return new Placement(epoch, MODEL, 1, 1, List.of(node), List.of(List.of(node)));
  }

  private static NodeInfo node(String id) {
    return NodeInfo.joining(id, "127.0.0.1", 4000, MODEL, 0);
  }

  private static RouterInfo router(String id) {
    return new RouterInfo(id, "127.0.0.1", 5000, 1, MODEL, true, false);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      return socket.getLocalPort();
    }
  }
}
