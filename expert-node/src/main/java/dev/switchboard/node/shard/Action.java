package dev.switchboard.node.shard;

import java.util.List;

/** What {@link PlacementFollower} wants done. */
public sealed interface Action {
  /**
   * Load these units of experts, then say so with {@link PlacementFollower#loaded}; or with {@link
   * PlacementFollower#failed} that it could not be done.
   *
   * @param added what the units that are not the model's own are
   */
  record Load(long epoch, List<Integer> units, AddedUnits added) implements Action {
    /** Of the model's own experts. */
    Load(long epoch, List<Integer> units) {
      this(epoch, units, AddedUnits.NONE);
    }

    /** Whether an expert is among them that was added. */
    public boolean adds() {
      return units.stream().anyMatch(unit -> added.expert(unit).isPresent());
    }
  }

  /** Say to the others: ready, with these units, for this epoch. */
  record Announce(long epoch, List<Integer> units) implements Action {}

  /** Forget these units: every node of the placement has said that it is ready. */
  record Unload(List<Integer> units) implements Action {}
}
