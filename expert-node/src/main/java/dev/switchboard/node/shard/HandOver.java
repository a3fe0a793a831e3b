package dev.switchboard.node.shard;

import dev.switchboard.cluster.ClusterView;
import dev.switchboard.cluster.NodeBook;
import dev.switchboard.cluster.NodeInfo;
import dev.switchboard.cluster.NodeState;
import java.util.Collection;

/** Whether a node that is to end may go: a pure look at who else is there. */
public enum HandOver {
  /** Others are about to load what this node alone has, or routers to find them. */
  WAIT,
  /** Everything that it holds, others hold too. */
  DONE,
  /** Nobody is there to take it, or to ask for it: waiting would change nothing. */
  NOBODY;

  /**
   * Looks.
   *
   * @param own what this node says of itself
   * @param held units that it holds
   */
  public static HandOver look(ClusterView view, NodeInfo own, Collection<Integer> held) {
    boolean placed = view.placement().filter(made -> made.model().equals(own.model())).isPresent();
    if (view.routers().isEmpty() || !placed) {
      return NOBODY;
    }
    var others =
        view.nodes().stream()
            .filter(node -> !node.id().equals(own.id()) && node.model().equals(own.model()))
            .filter(node -> stays(view, node))
            .toList();
    if (held.stream().allMatch(unit -> others.stream().anyMatch(node -> has(node, unit)))) {
      long epoch = view.placement().orElseThrow().epoch();
      return view.reached(own.model(), epoch) ? DONE : WAIT;
    }
    boolean taker = others.stream().anyMatch(node -> view.book().use(node.id()).isEmpty());
    return taker ? WAIT : NOBODY;
  }

  private static boolean stays(ClusterView view, NodeInfo node) {
    boolean drained = view.book().use(node.id()).filter(NodeBook.Use.DRAINED::equals).isPresent();
    return !drained && (node.state() == NodeState.READY || node.state() == NodeState.JOINING);
  }

  private static boolean has(NodeInfo node, int unit) {
    return node.state() == NodeState.READY && node.heldUnits().contains(unit);
  }
}
