package dev.switchboard.node.shard;

import dev.switchboard.cluster.ClusterView;
import dev.switchboard.cluster.Placement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * How a node follows the placement: load what is new, announce, unload what is no longer placed
 * once every placed node has announced that epoch. Events in, actions out; one thread.
 */
public final class PlacementFollower {
  private final String nodeId;
  private final String model;

  /** By unit what it is: empty for the model's own, else the fingerprint of an added expert. */
  private final TreeMap<Integer, String> held = new TreeMap<>();

  private Optional<Wanted> wanted = Optional.empty();
  private ClusterView view = ClusterView.EMPTY;
  private Optional<Action.Load> loading = Optional.empty();
  private boolean draining;
  private long announcedEpoch;

  /** A placement, and what its added units are. */
  private record Wanted(Placement placement, AddedUnits added) {}

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
    next.placement()
        .filter(this::isForThisNode)
        .flatMap(made -> AddedUnits.of(made, next.experts()).map(added -> new Wanted(made, added)))
        .ifPresent(now -> wanted = Optional.of(now));
    return decide();
  }

  /** What {@link Action.Load} asked for is there. */
  public List<Action> loaded(List<Integer> units) {
    AddedUnits added = loading.map(Action.Load::added).orElse(AddedUnits.NONE);
    units.forEach(unit -> held.put(unit, added.fingerprint(unit)));
    loading = Optional.empty();
    return decide();
  }

  /** What {@link Action.Load} asked for cannot be had: asked for again if it is still wanted. */
  public List<Action> failed() {
    loading = Optional.empty();
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
    if (wanted.isEmpty() || loading.isPresent() || draining) {
      return actions;
    }
    Placement placement = wanted.get().placement();
    dropOthers(wanted.get(), actions);
    TreeSet<Integer> missing = new TreeSet<>(placement.unitsOf(nodeId));
    missing.removeAll(held.keySet());
    if (!missing.isEmpty()) {
      AddedUnits added = wanted.get().added();
      Action.Load load = new Action.Load(placement.epoch(), List.copyOf(missing), added);
      loading = Optional.of(load);
      actions.add(load);
      return actions;
    }
    if (announcedEpoch != placement.epoch()) {
      announce(placement, actions);
    }
    TreeSet<Integer> surplus = new TreeSet<>(held.keySet());
    surplus.removeAll(placement.unitsOf(nodeId));
    if (!surplus.isEmpty() && everyoneIsReady(placement)) {
      held.keySet().removeAll(surplus);
      actions.add(new Action.Unload(List.copyOf(surplus)));
      announce(placement, actions);
    }
    return actions;
  }

  /** A unit that is another expert now is of no use to anybody. */
  private void dropOthers(Wanted now, List<Action> actions) {
    List<Integer> others =
        held.entrySet().stream()
            .filter(unit -> unit.getKey() < now.placement().units())
            .filter(unit -> !unit.getValue().equals(now.added().fingerprint(unit.getKey())))
            .map(Map.Entry::getKey)
            .toList();
    if (!others.isEmpty()) {
      others.forEach(held::remove);
      actions.add(new Action.Unload(others));
    }
  }

  private void announce(Placement wanted, List<Action> actions) {
    announcedEpoch = wanted.epoch();
    actions.add(new Action.Announce(wanted.epoch(), List.copyOf(held.keySet())));
  }

  /** Nodes of the placement that are gone are not waited for; routers say whom they can send to. */
  private boolean everyoneIsReady(Placement wanted) {
    return view.reached(model, wanted.epoch())
        && view.nodes().stream()
            .filter(node -> !node.id().equals(nodeId))
            .filter(node -> !wanted.unitsOf(node.id()).isEmpty())
            .allMatch(node -> node.heldEpoch() == wanted.epoch());
  }
}
