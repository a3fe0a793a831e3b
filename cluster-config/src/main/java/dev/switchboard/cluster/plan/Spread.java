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

  /** Copies of all rows. */
  public long copies() {
    return rows.stream().flatMap(List::stream).mapToLong(List::size).sum();
  }

  /** Copies that are here and not there: what has to be loaded to come here from there. */
  public long loadsFrom(Spread there) {
    long loads = 0;
    for (int row = 0; row < rows.size(); row++) {
      for (int item = 0; item < rows.get(row).size(); item++) {
        List<String> before = there.holders(row, item);
        loads += rows.get(row).get(item).stream().filter(id -> !before.contains(id)).count();
      }
    }
    return loads;
  }

  /** Ids of the nodes that hold an item; none if there is no such item. */
  public List<String> holders(int row, int item) {
    boolean known = row < rows.size() && item < rows.get(row).size();
    return known ? rows.get(row).get(item) : List.of();
  }
}
