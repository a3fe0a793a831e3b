package dev.switchboard.node.shard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.cluster.ClusterView;
import dev.switchboard.cluster.ExpertBook;
import dev.switchboard.cluster.NodeInfo;
import dev.switchboard.cluster.NodeState;
import dev.switchboard.cluster.Placement;
import dev.switchboard.cluster.RouterInfo;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LoadWayTest {
  private static final String MODEL = "fp";
  private static final Action.Load TWO = new Action.Load(2, List.of(0, 1));

  private static ClusterView view(long reached, NodeInfo... nodes) {
    RouterInfo router = new RouterInfo("r", "127.0.0.1", 1, 1, MODEL, true, reached, true);
    Placement placed =
        new Placement(2, MODEL, 2, 1, List.of("new"), List.of(List.of("new"), List.of("new")));
    return new ClusterView(List.of(nodes), List.of(router), Optional.of(placed), 1);
  }

  private static NodeInfo holding(NodeState state, Integer... units) {
    return NodeInfo.joining("old", "127.0.0.1", 2, MODEL, 0)
        .ready(1, List.of(units))
        .withState(state);
  }

  @Test
  void nobodyWaitsForAFirstPlacement() {
    assertThat(LoadWay.of(view(0), false, TWO)).isEqualTo(LoadWay.FIRST);
  }

  @Test
  void whatOthersHaveIsLoadedBesideServingOrBeforeIt() {
    for (NodeState state : List.of(NodeState.READY, NodeState.DRAINING)) {
      ClusterView view = view(1, holding(state, 0, 1));
      assertThat(LoadWay.of(view, true, TWO)).isEqualTo(LoadWay.BESIDE);
      assertThat(LoadWay.of(view, false, TWO)).isEqualTo(LoadWay.FIRST);
    }
  }

  @Test
  void whatNobodyHasAnyMoreIsUrgent() {
    assertThat(LoadWay.of(view(1), true, TWO)).isEqualTo(LoadWay.URGENT);
    ClusterView one = view(1, holding(NodeState.READY, 0));
    assertThat(LoadWay.of(one, true, TWO)).isEqualTo(LoadWay.URGENT);
    assertThat(LoadWay.of(one, false, TWO)).isEqualTo(LoadWay.URGENT);
    ClusterView gone = view(1, holding(NodeState.UNREACHABLE, 0, 1));
    assertThat(LoadWay.of(gone, true, TWO)).isEqualTo(LoadWay.URGENT);
  }

  @Test
  void anExpertThatWasJustAddedIsNot() {
    AddedUnits added = new AddedUnits(2, List.of(new ExpertBook.Added("go", 2, "aa", "/x")));
    Action.Load load = new Action.Load(3, List.of(2), added);
    assertThat(LoadWay.of(view(1, holding(NodeState.READY, 0, 1)), true, load))
        .isEqualTo(LoadWay.BESIDE);
  }
}
