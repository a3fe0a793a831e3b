package dev.switchboard.cluster.window;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;

/** Some earlier states of counters that only grow, so that it is known what came lately. */
public final class Samples {
  private static final int MOST = 8;

  private final long lengthNanos;
  private final Deque<Sample> samples = new ArrayDeque<>();

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Sample(long atNanos, long[] counted) {}

  /**
   * @param lengthNanos how far back they reach, or a little further, once they have been taken for
   *     so long
   */
  public Samples(long lengthNanos) {
    this.lengthNanos = lengthNanos;
  }

  /**
   * Keeps the counters of this moment, unless it has kept some just before.
   *
   * @param counted by item; copied
   */
  public void look(long nowNanos, long[] counted) {
    Sample last = samples.peekLast();
    if (last == null || nowNanos - last.atNanos >= lengthNanos / MOST) {
      samples.addLast(new Sample(nowNanos, counted.clone()));
    }
    while (samples.size() > 1 && nowNanos - second().atNanos >= lengthNanos) {
      samples.removeFirst();
    }
  }

  /** As if it had never looked. */
  public void forget() {
    samples.clear();
  }

  private Sample second() {
    Iterator<Sample> oldestFirst = samples.iterator();
    oldestFirst.next();
    return oldestFirst.next();
  }

  /** What the counters have grown by since the oldest state that is kept. */
  public long[] since(long[] counted) {
    long[] lately = counted.clone();
    if (!samples.isEmpty()) {
      long[] first = samples.getFirst().counted;
      for (int i = 0; i < first.length; i++) {
        lately[i] -= first[i];
      }
    }
    return lately;
  }

  /** How long ago that was. */
  public long coveredNanos(long nowNanos) {
    return samples.isEmpty() ? 0 : nowNanos - samples.getFirst().atNanos;
  }
}
