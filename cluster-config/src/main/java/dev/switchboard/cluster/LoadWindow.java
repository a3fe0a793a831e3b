package dev.switchboard.cluster;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/**
 * What was done lately, from the counters of every router, which only grow: what each has counted
 * between two looks, added up. A router that dies takes nothing along that was seen of it, and one
 * that is seen for the first time may have counted long ago: it counts from then on.
 */
final class LoadWindow {
  private static final int SAMPLES = 8;

  private final long lengthNanos;
  private final Deque<Sample> samples = new ArrayDeque<>();
  private Map<String, long[]> seen = Map.of();
  private long[] counted = {};
  private long[] known = {};

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Sample(long atNanos, long[] counted) {}

  /**
   * @param lengthNanos how far back it reaches, about
   */
  LoadWindow(long lengthNanos) {
    this.lengthNanos = lengthNanos;
  }

  /**
   * Takes a look at the counters.
   *
   * @param totals of each live router since its start, by item
   */
  void look(long nowNanos, Map<String, long[]> totals) {
    Map<String, long[]> next = new HashMap<>();
    totals.forEach((router, now) -> {
      long[] before = seen.getOrDefault(router, now);
      counted = Arrays.copyOf(counted, Math.max(counted.length, now.length));
      for (int i = 0; i < now.length; i++) {
        counted[i] += Math.max(0, now[i] - (i < before.length ? before[i] : 0));
      }
      next.put(router, now.clone());
    });
    seen = next;
    Sample last = samples.peekLast();
    if (last == null || nowNanos - last.atNanos >= lengthNanos / SAMPLES) {
      samples.addLast(new Sample(nowNanos, counted.clone()));
    }
    while (samples.size() > 1 && nowNanos - samples.getFirst().atNanos > lengthNanos) {
      samples.removeFirst();
    }
    long[] lately = sinceFirst();
    if (Arrays.stream(lately).sum() > 0) {
      known = lately;
    }
  }

  private long[] sinceFirst() {
    long[] first = samples.getFirst().counted;
    long[] lately = counted.clone();
    for (int i = 0; i < first.length; i++) {
      lately[i] -= first[i];
    }
    return lately;
  }

  /**
   * What was counted within the window, by item; where that is nothing, what was counted in the
   * last one in which there was something.
   */
  long[] lately() {
    return known.clone();
  }
}
