package dev.switchboard.cluster.plan;

import java.util.List;

/**
 * What should be in force, and why.
 *
 * @param spread where copies should be
 * @param changes against what was in force, by row and item
 * @param before balance of what was in force, with the copies that are still there: the mean load
 *     of a node over that of the busiest, rows weighted by the time that they take; 1 is even
 * @param after balance of the plan
 */
public record Plan(Spread spread, List<Change> changes, double before, double after) {
  /**
   * A copy that comes or goes.
   *
   * @param comes whether the node gets it; otherwise it gives it up
   */
  public record Change(int row, int item, String node, boolean comes, Why why) {}

  public Plan {
    changes = List.copyOf(changes);
  }
}
