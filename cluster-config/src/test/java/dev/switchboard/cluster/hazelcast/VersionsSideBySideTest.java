package dev.switchboard.cluster.hazelcast;

import static dev.switchboard.cluster.hazelcast.Grids.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.cluster.ClusterView;
import dev.switchboard.cluster.ExpertBook;
import dev.switchboard.cluster.Keepers;
import dev.switchboard.cluster.NodeInfo;
import dev.switchboard.cluster.RouterInfo;
import dev.switchboard.cluster.ServedVersion;
import dev.switchboard.cluster.Speaks;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Processes of several versions in one grid: each version has a placement and a leader. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class VersionsSideBySideTest {
  private static final String MODEL = "model-a";
  private static final Speaks OLD = new Speaks("1", "2", 2, 3);
  private static final Speaks NEW = new Speaks("2", "3", 3, 4);

  private final Grids grids = new Grids();

  @AfterEach
  void close() {
    grids.close();
  }

  @Test
  void eachVersionHasItsOwnPlacementAndLeader() {
    HazelcastGrid old = grids.router();
    HazelcastGrid next = grids.router(old.gridAddress());
    old.announce(router("r1", OLD));
    next.announce(router("r2", NEW));
    old.keepPlacement(Keepers.of(4, 1, 1, Duration.ofMillis(50)));
    next.keepPlacement(Keepers.of(4, 1, 1, Duration.ofMillis(50)));
    HazelcastGrid a = grids.node(old.gridAddress());
    HazelcastGrid b = grids.node(old.gridAddress());
    a.announce(node("a", OLD));
    b.announce(node("b", NEW));
    ClusterView seenOld = await(old, v -> v.placement().isPresent() && sees(v, 1, 1));
    ClusterView seenNew = await(next, v -> v.placement().isPresent() && sees(v, 1, 1));
    assertThat(seenOld.nodes()).extracting(NodeInfo::id).containsExactly("a");
    assertThat(seenNew.nodes()).extracting(NodeInfo::id).containsExactly("b");
    assertThat(seenOld.placement().orElseThrow().nodes()).containsExactly("a");
    assertThat(seenNew.placement().orElseThrow().nodes()).containsExactly("b");
    for (ClusterView view : List.of(seenOld, seenNew)) {
      assertThat(view.allRouters()).hasSize(2).allMatch(RouterInfo::leader);
      assertThat(view.allNodes()).hasSize(2);
    }
    assertThat(seenOld.others().nodesInWords()).isEqualTo("1 of model model-a, arithmetic 3");
    await(b, v -> v.placement().isPresent() && v.placement().get().nodes().equals(List.of("b")));

    old.close();
    a.close();
    ClusterView after = await(next, v -> v.others().equals(ClusterView.Others.NONE));
    assertThat(after.placement()).isEqualTo(seenNew.placement());
  }

  private static boolean sees(ClusterView view, int nodes, int others) {
    return view.nodes().size() == nodes
        && view.others().nodes().size() == others
        && view.allRouters().size() == 2;
  }

  @Test
  void whatIsSaidOfAModelsExpertsHoldsHoweverTheyAreComputed() {
    HazelcastGrid old = grids.router();
    HazelcastGrid next = grids.router(old.gridAddress());
    HazelcastGrid other = grids.router(old.gridAddress());
    old.serve(new ServedVersion(MODEL, "2"));
    next.serve(new ServedVersion(MODEL, "3"));
    other.serve(new ServedVersion("model-b", "3"));
    assertThat(old.changeExperts(book -> book.disabling(MODEL, List.of(7))))
        .succeedsWithin(Grids.PATIENCE);
    await(next, v -> v.experts().disabled().equals(List.of(7)));
    assertThat(other.changeExperts(book -> book.disabling("model-b", List.of(1))))
        .succeedsWithin(Grids.PATIENCE)
        .extracting(ExpertBook::disabled)
        .isEqualTo(List.of(1));
    assertThat(old.view().experts().disabled()).containsExactly(7);
  }

  @Test
  void aNodeThatSpeaksNoCommonProtocolIsAnother() {
    HazelcastGrid router = grids.router();
    router.announce(router("r1", OLD));
    HazelcastGrid near = grids.node(router.gridAddress());
    HazelcastGrid far = grids.node(router.gridAddress());
    near.announce(node("near", new Speaks("2", "2", 3, 4)));
    far.announce(node("far", new Speaks("3", "2", 4, 5)));
    ClusterView view = await(router, v -> v.allNodes().size() == 2);
    assertThat(view.nodes()).extracting(NodeInfo::id).containsExactly("near");
    assertThat(view.others().nodes()).extracting(NodeInfo::id).containsExactly("far");
  }

  private static NodeInfo node(String id, Speaks speaks) {
    return NodeInfo.joining(id, "127.0.0.1", 4000, MODEL, 0).speaking(speaks);
  }

  private static RouterInfo router(String id, Speaks speaks) {
    return new RouterInfo(id, "127.0.0.1", 5000, 1, MODEL, true, false).speaking(speaks);
  }
}
