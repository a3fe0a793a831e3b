package dev.switchboard.cluster.plan;

import java.util.List;

/**
 * Which nodes hold a copy of what.
 *
 * @param rows [rows][items], ids of nodes, ascending. A row is planned by itself: a layer, or all
 *     layers together where an expert is placed as a whole.
 */
public record Spread(List<List<List<String>>> rows) {
  public Spread {
    rows = rows.stream().map(row -> row.stream().map(List::copyOf).toList()).toList();
  }

  /** Ids of the nodes that hold an item; none if there is no such item. */
  public List<String> holders(int row, int item) {
    boolean known = row < rows.size() && item < rows.get(row).size();
    return known ? rows.get(row).get(item) : List.of();
  }
}
