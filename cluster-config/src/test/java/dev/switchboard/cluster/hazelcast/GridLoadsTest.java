package dev.switchboard.cluster.hazelcast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.switchboard.cluster.ExpertUses;
import dev.switchboard.cluster.Loads;
import dev.switchboard.cluster.NodeInfo;
import dev.switchboard.cluster.RouterInfo;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What members have counted, between real members. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class GridLoadsTest {
  private final Grids grids = new Grids();

  @AfterEach
  void close() {
    grids.close();
  }

  @Test
  void loadsAddUpAndOutliveThoseThatLeave() {
    HazelcastGrid first = router("r1");
    HazelcastGrid second = router("r2", first.gridAddress());
    HazelcastGrid a = node("a", first);
    HazelcastGrid b = node("b", first);
    first.publishLoad(Loads.router("r1", 10));
    second.publishLoad(Loads.router("r2", 5));
    a.publishLoad(Loads.node("a", 15));
    b.publishLoad(Loads.node("b", 1));
    a.publishUses(new ExpertUses("a", List.of(new ExpertUses.Use(0, 1, 15, 99, 7))));
    soon(() -> tokens(first) == 15 && rows(first) == 16 && first.loads().uses().size() == 1);
    assertThat(first.loads().routers()).containsOnlyKeys("r1", "r2");
    assertThat(first.loads().uses().get("a").experts()).hasSize(1);
    assertThat(first.loads().left()).isEmpty();

    // The latest, though the interval was not over, counts of those that leave.
    second.publishLoad(Loads.router("r2", 7));
    a.publishLoad(Loads.node("a", 20));
    second.close();
    a.close();
    soon(() -> first.loads().processes().size() == 2);
    soon(() -> tokens(first) == 17 && rows(first) == 21);
    assertThat(first.loads().total().tokens().get(0, 1)).isEqualTo(17);
    assertThat(first.loads().left().get(Loads.MODEL).nodes().rows()).isEqualTo(20);
    assertThat(first.loads().uses()).isEmpty();

    HazelcastGrid third = router("r3", first.gridAddress());
    soon(() -> tokens(third) == 17 && rows(third) == 21);
    assertThat(first.loadCost().nanos()).isPositive();
  }

  @Test
  void theLeaderAddsUpWhatWasLeftAndNothingIsKeptTwice() throws Exception {
    HazelcastGrid router = router("r1");
    for (String id : List.of("a", "b", "c")) {
      HazelcastGrid node = node(id, router);
      node.publishLoad(Loads.node(id, 10));
      soon(() -> router.loads().nodes().containsKey(id));
      node.close();
    }
    Link other = Link.open(grids.settings(), Role.ROUTER, List.of(router.gridAddress()));
    try {
      soon(() -> other.readLoads().size() == 1);
      assertThat(other.readLoads()).extracting(entry -> entry.getKey()).containsOnly("left");
      assertThat(rows(router)).isEqualTo(30);
    } finally {
      other.close();
    }
  }

  @Test
  void whatWasSaidByAMemberThatDiesIsKept() throws Exception {
    HazelcastGrid router = router("r1");
    Link doomed = Link.open(grids.settings(), Role.NODE, List.of(router.gridAddress()));
    doomed.putLoad(Keys.node(doomed.uuid()), GridCodec.encode(5, Loads.node("x", 12)));
    soon(() -> rows(router) == 12);
    doomed.close();
    soon(() -> router.loads().nodes().isEmpty() && rows(router) == 12);
    // It was not dead: it is back, and says itself what it has counted.
    HazelcastGrid back = node("x", router);
    back.publishLoad(Loads.node("x", 14));
    soon(() -> rows(router) == 14);
    assertThat(router.loads().left()).isEmpty();
  }

  @Test
  void anEntryThatNobodySawLeaveIsTakenOut() throws Exception {
    HazelcastGrid router = router("r1");
    Link other = Link.open(grids.settings(), Role.ROUTER, List.of(router.gridAddress()));
    try {
      other.putLoad(Keys.node("long-gone"), GridCodec.encode(5, Loads.node("old", 3)));
      soon(() -> other.readLoad(Keys.node("long-gone")) == null);
      soon(() -> rows(router) == 3);
    } finally {
      other.close();
    }
  }

  private HazelcastGrid router(String id, String... join) {
    HazelcastGrid grid = grids.router(join);
    grid.announce(new RouterInfo(id, "127.0.0.1", 5000, 1, Loads.MODEL, true, false));
    return grid;
  }

  private HazelcastGrid node(String id, HazelcastGrid router) {
    HazelcastGrid grid = grids.node(router.gridAddress());
    grid.announce(NodeInfo.joining(id, "127.0.0.1", 4000, Loads.MODEL, 0));
    return grid;
  }

  private static long tokens(HazelcastGrid grid) {
    return grid.loads().total().tokensRouted();
  }

  private static long rows(HazelcastGrid grid) {
    return grid.loads().total().nodes().rows();
  }

  private static void soon(Callable<Boolean> condition) {
    await().atMost(Grids.PATIENCE).until(condition);
  }
}
