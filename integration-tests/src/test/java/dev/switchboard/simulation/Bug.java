package dev.switchboard.simulation;

import dev.switchboard.cluster.hazelcast.SimulatedGrids.Habit;

/** Bugs that are planted around the production code, to see that they are found. */
enum Bug {
  NONE,
  /** The grid takes a placement whatever it was made from: a leader that slept undoes others'. */
  STALE_EPOCH_ACCEPTED,
  /** A node moves a state again for rows that have moved it already. */
  RETRY_WITHOUT_DEDUP,
  /** The last copy of a state gets lost, and an older one is taken for it. */
  LOST_SNAPSHOT,
  /** What a router counted goes with it though it left in order. */
  LOST_TOTALS,
  /** What two nodes answered, as one took long, is both added up. */
  DOUBLE_COMBINE,
  /** A node that is out is not asked, even if it is the last that has an expert. */
  LAST_REPLICA_EJECTED;

  Habit habit() {
    return switch (this) {
      case STALE_EPOCH_ACCEPTED -> Habit.SWAPS_BLINDLY;
      case LOST_TOTALS -> Habit.FORGETS_TOTALS;
      default -> Habit.SOUND;
    };
  }

  /** With a memory of its own: one for each run. */
  Tampering tampering() {
    return switch (this) {
      case RETRY_WITHOUT_DEDUP -> new Tamperings.RepeatsCompute();
      case LOST_SNAPSHOT -> new Tamperings.OldCopies();
      case DOUBLE_COMBINE -> new Tamperings.AddsTwice();
      case LAST_REPLICA_EJECTED -> new Tamperings.ForgetsThoseThatAreOut();
      default -> Tampering.NONE;
    };
  }
}
