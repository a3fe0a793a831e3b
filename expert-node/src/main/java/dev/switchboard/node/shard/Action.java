package dev.switchboard.node.shard;

import java.util.List;

/** What {@link PlacementFollower} wants done. */
public sealed interface Action {
  /** Load these units of experts, then say so with {@link PlacementFollower#loaded}. */
  record Load(long epoch, List<Integer> units) implements Action {}

  /** Say to the others: ready, with these units, for this epoch. */
  record Announce(long epoch, List<Integer> units) implements Action {}

  /** Forget these units: every node of the placement has said that it is ready. */
  record Unload(List<Integer> units) implements Action {}
}
