package dev.switchboard.node.shard;

import dev.switchboard.cluster.ClusterView;
import dev.switchboard.cluster.NodeBook;
import dev.switchboard.cluster.NodeInfo;
import dev.switchboard.cluster.NodeState;
import dev.switchboard.cluster.Placement;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/** Whether a node that is to end may go: a pure look at who else is there. */
public enum HandOver {
  /** Others are about to load what this node alone has, or routers to find them. */
  WAIT,
  /** Nothing is to be here any more, and everything is where it is to be. */
  DONE,
  /** Nobody is there to take it, or to ask for it: waiting would change nothing. */
  NOBODY;

  /**
   * Looks. What counts is the placement in force, of which there is one: of several nodes that
   * leave at once none may go because of what another of them still has.
   *
   * @param own what this node says of itself
   * @param held units that it holds
   */
  public static HandOver look(ClusterView view, NodeInfo own, Collection<Integer> held) {
    Optional<Placement> placed = view.placement().filter(made -> made.model().equals(own.model()));
    if (view.routers().isEmpty() || placed.isEmpty()) {
      return NOBODY;
    }
    Placement placement = placed.get();
    List<NodeInfo> others =
        view.nodes().stream()
            .filter(node -> !node.id().equals(own.id()) && node.model().equals(own.model()))
            .filter(node -> stays(view, node))
            .toList();
    Set<Integer> units = new TreeSet<>(placement.unitsOf(own.id()));
    held.stream().filter(unit -> unit < placement.units()).forEach(units::add);
    boolean givenAway = placement.unitsOf(own.id()).isEmpty();
    if (givenAway
        && units.stream().allMatch(unit -> others.stream().anyMatch(has(placement, unit)))) {
      return view.reached(own.model(), placement.epoch()) ? DONE : WAIT;
    }
    boolean hopeless =
        units.stream()
            .anyMatch(unit ->
                others.stream()
                    .noneMatch(node ->
                        placement.replicas(unit).contains(node.id())
                            || takes(view, placement, node)));
    return hopeless ? NOBODY : WAIT;
  }

  private static boolean stays(ClusterView view, NodeInfo node) {
    boolean drained = view.book().use(node.id()).filter(NodeBook.Use.DRAINED::equals).isPresent();
    return !drained && (node.state() == NodeState.READY || node.state() == NodeState.JOINING);
  }

  /** One that is to hold a unit, and does. */
  private static Predicate<NodeInfo> has(Placement placement, int unit) {
    return node ->
        placement.replicas(unit).contains(node.id())
            && node.state() == NodeState.READY
            && node.heldUnits().contains(unit);
  }

  /** Whether a node could be given something more, in the place of a further copy if need be. */
  private static boolean takes(ClusterView view, Placement placement, NodeInfo node) {
    if (view.book().use(node.id()).isPresent()) {
      return false;
    }
    List<Integer> there = placement.unitsOf(node.id());
    return node.capacityExperts() == 0
        || there.size() < node.capacityExperts()
        || there.stream().anyMatch(unit -> placement.replicas(unit).size() > 1);
  }
}
