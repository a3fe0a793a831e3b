package dev.switchboard.router.dispatch;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who can be sent what, at one moment. Immutable but for the links' own load.
 *
 * @param byUnit numbers of the ready links that hold each unit of experts, [units][]
 * @param links by number
 * @param problems of nodes that hold a unit and cannot be used, for people, by unit
 */
@SuppressWarnings("ArrayRecordComponent") // built once, never compared
record ReplicaTable(
    int[][] byUnit, Map<Integer, NodeLink> links, Map<Integer, List<String>> problems) {
  /** Numbers of the links to nodes that hold the unit and can be sent to, ascending. */
  int[] nodes(int unit) {
    return byUnit[unit];
  }

  /** Rows sent to the node and not yet answered. */
  long outstandingRows(int node) {
    NodeLink link = links.get(node);
    return link == null ? 0 : link.outstandingRows();
  }

  /** Why {@link #nodes} is empty, for people. */
  String absence(int unit) {
    List<String> known = problems.getOrDefault(unit, List.of());
    return known.isEmpty() ? "no live node holds it" : String.join("; ", known);
  }

  @Nullable NodeLink link(int number) {
    return links.get(number);
  }

  boolean complete() {
    for (int[] nodes : byUnit) {
      if (nodes.length == 0) {
        return false;
      }
    }
    return true;
  }
}
