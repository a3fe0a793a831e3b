package dev.switchboard.cluster.plan;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What tests ask of plans. */
final class Plans {
  private Plans() {}

  /** A node by itself, as fast as any other. */
  static PlanNode open(String id, int slots) {
    return new PlanNode(id, slots, 1, id, PlanNode.Use.OPEN);
  }

  /** Copies that have to be loaded. */
  static long loads(Plan plan) {
    return plan.changes().stream().filter(Plan.Change::comes).count();
  }

  /** Copies that come, by reason. */
  static Map<Why, Long> reasons(Plan plan) {
    return plan.changes().stream()
        .filter(Plan.Change::comes)
        .collect(Collectors.groupingBy(Plan.Change::why, TreeMap::new, Collectors.counting()));
  }

  /** Copies of all rows. */
  static long copies(Spread spread) {
    return spread.rows().stream().flatMap(List::stream).mapToLong(List::size).sum();
  }

  /** Copies that are here and not there: what has to be loaded to come here from there. */
  static long moved(Spread here, Spread there) {
    long moved = 0;
    for (int row = 0; row < here.rows().size(); row++) {
      for (int item = 0; item < here.rows().get(row).size(); item++) {
        List<String> before = there.holders(row, item);
        moved += here.holders(row, item).stream().filter(id -> !before.contains(id)).count();
      }
    }
    return moved;
  }
}
