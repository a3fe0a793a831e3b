package dev.switchboard.cluster.plan;

/**
 * What a plan may do.
 *
 * @param copies of each item at the least, on different nodes; fewer where there are not so many
 *     nodes or slots
 * @param total copies of all items of a row together; 0 for as many as there are slots
 * @param moves copies of a row that may be put elsewhere to even the load, beyond what lost and
 *     leaving nodes make necessary
 * @param tolerance share of the balance within reach that may be missing before anything is moved
 *     for it: 0.05 leaves a row alone that is within 5 % of what it could be
 * @param thorough also nodes that are not the busiest are evened, where a busier one cannot be
 *     relieved: a newcomer gets its part though one item alone makes a node the busiest
 */
public record PlanLimits(int copies, int total, int moves, double tolerance, boolean thorough) {
  /** That looks at the busiest node alone. */
  public PlanLimits(int copies, int total, int moves, double tolerance) {
    this(copies, total, moves, tolerance, false);
  }

  public PlanLimits {
    if (copies < 1 || total < 0 || moves < 0 || !(tolerance >= 0 && tolerance < 1)) {
      throw new IllegalArgumentException(
          "limits of a plan: copies %d, total %d, moves %d, tolerance %s"
              .formatted(copies, total, moves, tolerance));
    }
  }
}
