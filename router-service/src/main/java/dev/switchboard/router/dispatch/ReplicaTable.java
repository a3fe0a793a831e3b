package dev.switchboard.router.dispatch;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who can be sent what, at one moment. Immutable but for the links' own load.
 *
 * @param byExpert numbers of the ready links that hold each expert index, [experts][]
 * @param links by number
 * @param problems of nodes that hold an expert and cannot be used, for people, by expert index
 */
@SuppressWarnings("ArrayRecordComponent") // built once, never compared
record ReplicaTable(
    int[][] byExpert, Map<Integer, NodeLink> links, Map<Integer, List<String>> problems)
    implements Replicas {
  @Override
  public int[] nodes(int expert) {
    return byExpert[expert];
  }

  @Override
  public long outstandingRows(int node) {
    NodeLink link = links.get(node);
    return link == null ? 0 : link.outstandingRows();
  }

  @Override
  public String absence(int expert) {
    List<String> known = problems.getOrDefault(expert, List.of());
    return known.isEmpty() ? "no live node holds it" : String.join("; ", known);
  }

  @Nullable NodeLink link(int number) {
    return links.get(number);
  }

  boolean complete() {
    for (int[] nodes : byExpert) {
      if (nodes.length == 0) {
        return false;
      }
    }
    return true;
  }
}
