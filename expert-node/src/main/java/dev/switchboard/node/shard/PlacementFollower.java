package dev.switchboard.node.shard;

import dev.switchboard.cluster.ClusterView;
import dev.switchboard.cluster.Placement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * How a node follows the placement: load what is new, announce, unload what is no longer placed
 * once every placed node has announced that epoch. Events in, actions out; one thread.
 */
public final class PlacementFollower {
  private final String nodeId;
  private final String model;
  private final TreeSet<Integer> held = new TreeSet<>();
  private Optional<Placement> placement = Optional.empty();
  private ClusterView view = ClusterView.EMPTY;
  private boolean loading;
  private boolean draining;
  private long announcedEpoch;

  /**
   * @param nodeId this node
   * @param model fingerprint of its model; placements of another are not for it
   */
  public PlacementFollower(String nodeId, String model) {
    this.nodeId = nodeId;
    this.model = model;
  }

  /** The cluster looks different. */
  public List<Action> viewed(ClusterView next) {
    view = next;
    next.placement().filter(this::isForThisNode).ifPresent(p -> placement = Optional.of(p));
    return decide();
  }

  /** What {@link Action.Load} asked for is there. */
  public List<Action> loaded(List<Integer> units) {
    loading = false;
    held.addAll(units);
    return decide();
  }

  /** Nothing is loaded, announced or unloaded any more. */
  public void drain() {
    draining = true;
  }

  /** Not one of another model, nor one that was made before this node was there. */
  private boolean isForThisNode(Placement made) {
    return made.model().equals(model) && made.nodes().contains(nodeId);
  }

  private List<Action> decide() {
    List<Action> actions = new ArrayList<>();
    if (placement.isEmpty() || loading || draining) {
      return actions;
    }
    Placement wanted = placement.get();
    TreeSet<Integer> missing = new TreeSet<>(wanted.unitsOf(nodeId));
    missing.removeAll(held);
    if (!missing.isEmpty()) {
      loading = true;
      actions.add(new Action.Load(wanted.epoch(), List.copyOf(missing)));
      return actions;
    }
    if (announcedEpoch != wanted.epoch()) {
      announce(wanted, actions);
    }
    TreeSet<Integer> surplus = new TreeSet<>(held);
    surplus.removeAll(wanted.unitsOf(nodeId));
    if (!surplus.isEmpty() && everyoneIsReady(wanted)) {
      held.removeAll(surplus);
      actions.add(new Action.Unload(List.copyOf(surplus)));
      announce(wanted, actions);
    }
    return actions;
  }

  private void announce(Placement wanted, List<Action> actions) {
    announcedEpoch = wanted.epoch();
    actions.add(new Action.Announce(wanted.epoch(), List.copyOf(held)));
  }

  /** Nodes of the placement that are gone are not waited for. */
  private boolean everyoneIsReady(Placement wanted) {
    return view.nodes().stream()
        .filter(node -> !node.id().equals(nodeId))
        .filter(node -> !wanted.unitsOf(node.id()).isEmpty())
        .allMatch(node -> node.heldEpoch() == wanted.epoch());
  }
}
