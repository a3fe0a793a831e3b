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
  void whatOthersHoldInItsPlaceMayGo() {
    assertThat(look(placed("a", "b"), List.of(OWN, ready("a", 0), ready("b", 1)), NodeBook.EMPTY))
        .isEqualTo(HandOver.DONE);
    assertThat(look(placed("a", "a"), List.of(OWN, ready("a", 0, 1, 2)), NodeBook.EMPTY))
        .isEqualTo(HandOver.DONE);
  }

  @Test
  void whileThePlacementGivesItSomethingItStays() {
    List<NodeInfo> nodes = List.of(OWN, ready("a", 0, 1));
    assertThat(look(placed("own", "a"), nodes, NodeBook.EMPTY)).isEqualTo(HandOver.WAIT);
  }

  @Test
  void ofTwoThatLeaveAtOnceNeitherGoesBecauseOfTheOther() {
    NodeInfo other = ready("other", 0, 1);
    List<NodeInfo> notSaidYet = List.of(OWN, other, ready("a"));
    Placement before =
        new Placement(
            3,
            MODEL,
            2,
            2,
            List.of("a", "other", "own"),
            List.of(List.of("other", "own"), List.of("other", "own")));
    assertThat(look(before, notSaidYet, NodeBook.EMPTY)).isEqualTo(HandOver.WAIT);
    List<NodeInfo> bothSaid = List.of(OWN, other.withState(NodeState.DRAINING), ready("a"));
    assertThat(look(before, bothSaid, NodeBook.EMPTY)).isEqualTo(HandOver.WAIT);
    assertThat(look(placed("a", "a"), bothSaid, NodeBook.EMPTY)).isEqualTo(HandOver.WAIT);
    List<NodeInfo> loaded = List.of(OWN, other.withState(NodeState.DRAINING), ready("a", 0, 1));
    assertThat(look(placed("a", "a"), loaded, NodeBook.EMPTY)).isEqualTo(HandOver.DONE);
  }

  @Test
  void aHolderThatIsAboutToGiveItUpDoesNotCount() {
    List<NodeInfo> nodes = List.of(OWN, ready("surplus", 0, 1), ready("a", 1));
    assertThat(look(placed("a", "a"), nodes, NodeBook.EMPTY)).isEqualTo(HandOver.WAIT);
  }

  @Test
  void aUnitThatIsNotPlacedAnyMoreNeedsNoHolder() {
    ClusterView view = view(placed("a", "a"), List.of(OWN, ready("a", 0, 1)), NodeBook.EMPTY);
    assertThat(HandOver.look(view, OWN, Set.of(0, 1, 2))).isEqualTo(HandOver.DONE);
  }

  @Test
  void aRouterThatCannotSendToTheOthersYetIsWaitedFor() {
    List<NodeInfo> nodes = List.of(OWN, ready("a", 0, 1));
    ClusterView view =
        new ClusterView(nodes, List.of(ROUTER.reaching(2)), Optional.of(placed("a", "a")), 1);
    assertThat(HandOver.look(view, OWN, OWN.heldUnits())).isEqualTo(HandOver.WAIT);
  }

  @Test
  void whatNobodyHasYetIsWaitedFor() {
    assertThat(look(placed("a", "a"), List.of(OWN, ready("a", 0)), NodeBook.EMPTY))
        .isEqualTo(HandOver.WAIT);
    assertThat(look(placed("own", "own"), List.of(OWN, node("joining")), NodeBook.EMPTY))
        .isEqualTo(HandOver.WAIT);
  }

  @Test
  void aNodeThatLeavesTooIsNoHelp() {
    Placement own = placed("own", "own");
    NodeInfo leaving = ready("a", 0, 1).withState(NodeState.DRAINING);
    assertThat(look(own, List.of(OWN, leaving), NodeBook.EMPTY)).isEqualTo(HandOver.NOBODY);
    NodeBook marked = marked("a", NodeBook.Use.DRAINED);
    assertThat(look(own, List.of(OWN, ready("a", 0, 1)), marked)).isEqualTo(HandOver.NOBODY);
  }

  @Test
  void aCordonedNodeHelpsWithWhatItHasAndTakesNothing() {
    NodeBook marked = marked("a", NodeBook.Use.CORDONED);
    assertThat(look(placed("a", "a"), List.of(OWN, ready("a", 0, 1)), marked))
        .isEqualTo(HandOver.DONE);
    assertThat(look(placed("a", "own"), List.of(OWN, ready("a", 0)), marked))
        .isEqualTo(HandOver.NOBODY);
  }

  @Test
  void aFullNodeTakesNothingUnlessItHasACopyToSpare() {
    NodeInfo full = NodeInfo.joining("a", "127.0.0.1", 1, MODEL, 1).ready(3, List.of(0));
    assertThat(look(placed("a", "own"), List.of(OWN, full), NodeBook.EMPTY))
        .isEqualTo(HandOver.NOBODY);
    assertThat(look(placed("a", "own"), List.of(OWN, full, ready("b")), NodeBook.EMPTY))
        .isEqualTo(HandOver.WAIT);
    Placement spare =
        new Placement(
            3, MODEL, 2, 1, List.of("a", "b", "own"), List.of(List.of("a", "b"), List.of("own")));
    assertThat(look(spare, List.of(OWN, full), NodeBook.EMPTY)).isEqualTo(HandOver.WAIT);
  }

  @Test
  void aloneOrWithoutRoutersNothingIsWaitedFor() {
    assertThat(look(placed("own", "own"), List.of(OWN), NodeBook.EMPTY)).isEqualTo(HandOver.NOBODY);
    ClusterView unrouted =
        new ClusterView(
            List.of(OWN, ready("a", 0)), List.of(), Optional.of(placed("own", "own")), 1);
    assertThat(HandOver.look(unrouted, OWN, Set.of(0, 1))).isEqualTo(HandOver.NOBODY);
  }

  private static HandOver look(Placement placement, List<NodeInfo> nodes, NodeBook book) {
    return HandOver.look(view(placement, nodes, book), OWN, OWN.heldUnits());
  }

  private static ClusterView view(Placement placement, List<NodeInfo> nodes, NodeBook book) {
    return new ClusterView(
        nodes, List.of(ROUTER), Optional.of(placement), ExpertBook.EMPTY, book, 1);
  }

  /** Units 0 and 1 at a node each. */
  private static Placement placed(String first, String second) {
    List<String> nodes = List.of("a", "b", "own");
    return new Placement(3, MODEL, 2, 1, nodes, List.of(List.of(first), List.of(second)));
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
