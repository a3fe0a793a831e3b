package dev.switchboard.cluster.window;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * The counters of many processes as one row that only grows: what each has counted between two
 * looks, added up. A process that dies takes nothing along that was seen of it, and one that is
 * seen for the first time may have counted long ago: it counts from then on.
 */
public final class Growth {
  private Map<String, long[]> seen = Map.of();
  private long[] counted = {};

  /**
   * Takes a look at the counters.
   *
   * @param totals of each live process since its start, by item; kept, not to be changed
   */
  public void look(Map<String, long[]> totals) {
    Map<String, long[]> next = new HashMap<>();
    totals.forEach((process, now) -> {
      long[] before = seen.getOrDefault(process, now);
      if (counted.length < now.length) {
        counted = Arrays.copyOf(counted, now.length);
      }
      for (int i = 0; i < now.length; i++) {
        counted[i] += Math.max(0, now[i] - (i < before.length ? before[i] : 0));
      }
      next.put(process, now);
    });
    seen = next;
  }

  /** As if it had never looked. */
  public void forget() {
    seen = Map.of();
    counted = new long[] {};
  }

  /** What was counted since the first look, by item; not to be changed. */
  public long[] counted() {
    return counted;
  }
}
