package dev.switchboard.node.shard;

import java.util.List;

/** What {@link PlacementFollower} wants done. */
public sealed interface Action {
  /** Load these experts, then say so with {@link PlacementFollower#loaded}. */
  record Load(long epoch, List<Integer> experts) implements Action {}

  /** Say to the others: ready, with these experts, for this epoch. */
  record Announce(long epoch, List<Integer> experts) implements Action {}

  /** Forget these experts: every node of the placement has said that it is ready. */
  record Unload(List<Integer> experts) implements Action {}
}
