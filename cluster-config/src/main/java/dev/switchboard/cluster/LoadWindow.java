package dev.switchboard.cluster;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What was done lately, from counters that only grow: the difference between now and some time ago.
 * A counter that shrank (its router died, and took what it had counted along) counts as still.
 */
final class LoadWindow {
  private static final int SAMPLES = 8;

  private final long lengthNanos;
  private final Deque<Sample> samples = new ArrayDeque<>();

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Sample(long atNanos, long[] totals) {}

  /**
   * @param lengthNanos how far back it reaches, about
   */
  LoadWindow(long lengthNanos) {
    this.lengthNanos = lengthNanos;
  }

  /** Takes a look at the counters; most looks change nothing. */
  void look(long nowNanos, long[] totals) {
    Sample last = samples.peekLast();
    if (last != null && last.totals.length != totals.length) {
      samples.clear();
      last = null;
    }
    if (last == null || nowNanos - last.atNanos >= lengthNanos / SAMPLES) {
      samples.addLast(new Sample(nowNanos, totals.clone()));
    }
    while (samples.size() > 1 && nowNanos - samples.getFirst().atNanos > lengthNanos) {
      samples.removeFirst();
    }
  }

  /** What was counted within the window until these totals; all of it before there is a window. */
  long[] until(long[] totals) {
    Sample first = samples.peekFirst();
    long[] lately = totals.clone();
    if (first != null && first.totals.length == totals.length) {
      for (int i = 0; i < lately.length; i++) {
        lately[i] = Math.max(0, totals[i] - first.totals[i]);
      }
    }
    return lately;
  }
}
