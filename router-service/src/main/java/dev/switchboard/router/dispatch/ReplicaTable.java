package dev.switchboard.router.dispatch;

import dev.switchboard.cluster.ExpertUnits;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who can be sent what, at one moment. Immutable but for the links' own load.
 *
 * @param units the experts as they are placed, those that were added among them
 * @param added fingerprints of experts that were added, by index
 * @param byUnit numbers of the ready links that hold each unit of experts, [units][]
 * @param links by number
 * @param problems of nodes that hold a unit and cannot be used, for people, by unit
 * @param others nodes of other versions, for people; empty if there are none
 */
@SuppressWarnings("ArrayRecordComponent") // built once, never compared
record ReplicaTable(
    ExpertUnits units,
    Map<Integer, String> added,
    int[][] byUnit,
    Map<Integer, NodeLink> links,
    Map<Integer, List<String>> problems,
    String others) {
  private static final int[] NOBODY = {};

  /** Numbers of the links to nodes that hold the expert and can be sent to, ascending. */
  int[] nodes(int layer, int expert) {
    int unit = units.unitOf(layer, expert);
    return unit < 0 ? NOBODY : byUnit[unit];
  }

  /** Rows sent to the node and not yet answered. */
  long outstandingRows(int node) {
    NodeLink link = links.get(node);
    return link == null ? 0 : link.outstandingRows();
  }

  /** Why {@link #nodes} is empty, for people. */
  String absence(int layer, int expert) {
    int unit = units.unitOf(layer, expert);
    if (unit < 0) {
      return "there is no such expert now";
    }
    List<String> known = problems.getOrDefault(unit, List.of());
    String beside = others.isEmpty() ? "" : "; other versions are not used: " + others;
    return known.isEmpty() ? "no live node holds it" + beside : String.join("; ", known);
  }

  @Nullable NodeLink link(int number) {
    return links.get(number);
  }

  /** Whether each of the model's own experts has a node; added ones are waited for by nobody. */
  boolean complete() {
    for (int unit = 0; unit < units.count() - units.added(); unit++) {
      if (byUnit[unit].length == 0) {
        return false;
      }
    }
    return true;
  }
}
