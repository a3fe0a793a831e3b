package dev.switchboard.cluster.plan;

import java.util.Arrays;

/**
 * How many copies each item gets: one after the other goes to the item with most load a copy, which
 * is how EPLB (DeepSeek) replicates and minimises the largest load of a copy.
 */
final class Replication {
  private Replication() {}

  /**
   * @param loads [items]
   * @param total copies of all items together
   * @param least copies of each item that it begins with
   * @param most copies that an item may have: no two are ever on one node
   * @return copies by item, [items]; their sum is {@code total} where {@code least} and {@code
   *     most} allow it
   */
  static int[] counts(double[] loads, int total, int least, int most) {
    int[] counts = new int[loads.length];
    Arrays.fill(counts, Math.min(least, most));
    int more = Math.max(0, total - Math.multiplyExact(loads.length, Math.min(least, most)));
    for (int item : further(loads, more, Math.min(least, most), most)) {
      counts[item]++;
    }
    return counts;
  }

  /** Items in the order in which they get one more copy; fewer than asked for if none may. */
  static int[] further(double[] loads, int more, int least, int most) {
    int[] counts = new int[loads.length];
    Arrays.fill(counts, least);
    int[] further = new int[more];
    for (int i = 0; i < more; i++) {
      int busiest = -1;
      double share = -1;
      for (int item = 0; item < loads.length; item++) {
        if (counts[item] < most && loads[item] / counts[item] > share) {
          busiest = item;
          share = loads[item] / counts[item];
        }
      }
      if (busiest < 0) {
        return Arrays.copyOf(further, i);
      }
      counts[busiest]++;
      further[i] = busiest;
    }
    return further;
  }
}
