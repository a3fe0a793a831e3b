package dev.switchboard.cluster.plan;

import java.util.Objects;

/**
 * A live node, as the planner sees it. A node that died is simply not among those it is given.
 *
 * @param id unique name
 * @param slots copies of experts that it can hold, of each row
 * @param speed what it can compute, relative to the others; positive
 * @param domain what fails together with it: a host, a rack, a zone
 * @param use what may be done with it
 */
public record PlanNode(String id, int slots, double speed, String domain, Use use) {
  /** What may be done with a node. */
  public enum Use {
    /** Holds copies and takes more. */
    OPEN,
    /** Keeps what it holds and takes nothing more. */
    CORDONED,
    /** Leaves: its copies are to be elsewhere. */
    DRAINING
  }

  public PlanNode {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(domain, "domain");
    Objects.requireNonNull(use, "use");
    if (slots < 0 || !(speed > 0) || Double.isInfinite(speed)) {
      throw new IllegalArgumentException(
          "node %s: %d slots, speed %s; expected 0 or more, and more than 0"
              .formatted(id, slots, speed));
    }
  }
}
