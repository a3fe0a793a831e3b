package dev.switchboard.node.shard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.cluster.ClusterView;
import dev.switchboard.cluster.ExpertBook;
import dev.switchboard.cluster.NodeBook;
import dev.switchboard.cluster.NodeInfo;
import dev.switchboard.cluster.NodeState;
import dev.switchboard.cluster.Placement;
import dev.switchboard.cluster.RouterInfo;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class HandOverTest {
  private static final String MODEL = "m";
  private static final NodeInfo OWN =
      node("own").ready(3, List.of(0, 1)).withState(NodeState.DRAINING);
  private static final RouterInfo ROUTER = new RouterInfo("r", "h", 1, 1, MODEL, true, 3, true);

  @Test
  void whatOthersHoldTooMayGo() {
    assertThat(look(List.of(OWN, ready("a", 0), ready("b", 1)), NodeBook.EMPTY))
        .isEqualTo(HandOver.DONE);
    assertThat(look(List.of(OWN, ready("a", 0, 1, 2)), NodeBook.EMPTY)).isEqualTo(HandOver.DONE);
  }

  @Test
  void aRouterThatCannotSendToTheOthersYetIsWaitedFor() {
    List<NodeInfo> nodes = List.of(OWN, ready("a", 0, 1));
    ClusterView view = new ClusterView(nodes, List.of(ROUTER.reaching(2)), placement(), 1);
    assertThat(HandOver.look(view, OWN, OWN.heldUnits())).isEqualTo(HandOver.WAIT);
  }

  @Test
  void whatNobodyHasYetIsWaitedFor() {
    assertThat(look(List.of(OWN, ready("a", 0)), NodeBook.EMPTY)).isEqualTo(HandOver.WAIT);
    assertThat(look(List.of(OWN, node("joining")), NodeBook.EMPTY)).isEqualTo(HandOver.WAIT);
  }

  @Test
  void aNodeThatLeavesTooIsNoHelp() {
    NodeInfo leaving = ready("a", 0, 1).withState(NodeState.DRAINING);
    assertThat(look(List.of(OWN, leaving), NodeBook.EMPTY)).isEqualTo(HandOver.NOBODY);
    NodeBook marked = marked("a", NodeBook.Use.DRAINED);
    assertThat(look(List.of(OWN, ready("a", 0, 1)), marked)).isEqualTo(HandOver.NOBODY);
  }

  @Test
  void aCordonedNodeHelpsWithWhatItHasAndTakesNothing() {
    NodeBook marked = marked("a", NodeBook.Use.CORDONED);
    assertThat(look(List.of(OWN, ready("a", 0, 1)), marked)).isEqualTo(HandOver.DONE);
    assertThat(look(List.of(OWN, ready("a", 0)), marked)).isEqualTo(HandOver.NOBODY);
  }

  @Test
  void aloneOrWithoutRoutersNothingIsWaitedFor() {
    assertThat(look(List.of(OWN), NodeBook.EMPTY)).isEqualTo(HandOver.NOBODY);
    ClusterView unrouted = new ClusterView(List.of(OWN, ready("a", 0)), List.of(), placement(), 1);
    assertThat(HandOver.look(unrouted, OWN, Set.of(0, 1))).isEqualTo(HandOver.NOBODY);
  }

  private static HandOver look(List<NodeInfo> nodes, NodeBook book) {
    ClusterView view =
        new ClusterView(nodes, List.of(ROUTER), placement(), ExpertBook.EMPTY, book, 1);
    return HandOver.look(view, OWN, OWN.heldUnits());
  }

  private static Optional<Placement> placement() {
    return Optional.of(
        new Placement(3, MODEL, 2, 1, List.of("own"), List.of(List.of("own"), List.of("own"))));
  }

  private static NodeBook marked(String id, NodeBook.Use use) {
    return NodeBook.EMPTY.marking(id, new NodeBook.Mark(use, "", Instant.EPOCH, ""), Set.of(id));
  }

  private static NodeInfo node(String id) {
    return NodeInfo.joining(id, "127.0.0.1", 1, MODEL, 0);
  }

  private static NodeInfo ready(String id, Integer... units) {
    return node(id).ready(3, List.of(units));
  }
}
