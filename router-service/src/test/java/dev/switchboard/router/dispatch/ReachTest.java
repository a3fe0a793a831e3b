package dev.switchboard.router.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.cluster.ClusterView;
import dev.switchboard.cluster.NodeInfo;
import dev.switchboard.cluster.Placement;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ReachTest {
  private static final String MODEL = "m";
  private static final Placement PLACEMENT =
      new Placement(
          7, MODEL, 2, 1, List.of("a", "b", "gone"), List.of(List.of("a"), List.of("b", "gone")));

  @Test
  void everyLiveHolderIsNeeded() {
    Reach reach = reach(node("a").ready(7, List.of(0)), node("b").ready(6, List.of(1)));
    assertThat(reach.epoch(id -> true)).hasValue(7);
    assertThat(reach.epoch(id -> id.equals("a"))).isEmpty();
  }

  @Test
  void aHolderThatHasNotLoadedIsNoHolderYet() {
    assertThat(reach(node("a").ready(7, List.of(0)), node("b")).epoch(id -> true)).isEmpty();
  }

  @Test
  void withoutAPlacementOfTheModelThereIsNothingToReach() {
    ClusterView other = new ClusterView(List.of(), List.of(), Optional.of(PLACEMENT), 1);
    assertThat(Reach.of(other, "another").epoch(id -> true)).isEmpty();
    assertThat(Reach.NONE.epoch(id -> true)).isEmpty();
  }

  private static Reach reach(NodeInfo... nodes) {
    return Reach.of(new ClusterView(List.of(nodes), List.of(), Optional.of(PLACEMENT), 1), MODEL);
  }

  private static NodeInfo node(String id) {
    return NodeInfo.joining(id, "127.0.0.1", 1, MODEL, 0);
  }
}
