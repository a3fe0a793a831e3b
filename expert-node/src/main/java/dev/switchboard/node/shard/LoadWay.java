package dev.switchboard.node.shard;

import dev.switchboard.cluster.ClusterView;
import dev.switchboard.cluster.NodeState;

/** How experts are loaded: a pure look at who waits for them. */
public enum LoadWay {
  /** Somebody may wait for an expert that nobody has: as fast as it goes, others put things off. */
  URGENT,
  /** The node has nothing else to do yet: as fast as it goes. */
  FIRST,
  /** Beside serving, on a thread that others do not notice: others have these experts too. */
  BESIDE;

  /**
   * @param serves whether the node has said that it is ready
   */
  public static LoadWay of(ClusterView view, boolean serves, Action.Load load) {
    // Before a first placement is in force nobody is asked anything.
    boolean asked = view.routers().stream().anyMatch(router -> router.reachedEpoch() > 0);
    // One that was just added nobody has yet, and no request needs.
    boolean lost =
        load.units().stream()
            .filter(unit -> load.added().expert(unit).isEmpty())
            .anyMatch(unit -> !isHeld(view, unit));
    if (asked && lost) {
      return URGENT;
    }
    return serves ? BESIDE : FIRST;
  }

  /** Whoever has it is asked, whatever the placement says. */
  private static boolean isHeld(ClusterView view, int unit) {
    return view.nodes().stream()
        .filter(node -> node.state() == NodeState.READY || node.state() == NodeState.DRAINING)
        .anyMatch(node -> node.heldUnits().contains(unit));
  }
}
