package dev.switchboard.cluster.metrics;

import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Stream;

/** Counts times by how long they were. Adding takes some nanoseconds and allocates nothing. */
public final class TimeBuckets {
  private final long[] boundsNanos;
  private final long[] counts;
  private long sumNanos;

  /**
   * A moment's counts.
   *
   * @param boundsNanos ascending; a time counts at the first bound that is not below it
   * @param counts one more than bounds: the last for what is above all of them
   */
  @SuppressWarnings("ArrayRecordComponent") // copies, handed over once
  public record Snapshot(long[] boundsNanos, long[] counts, long sumNanos) {
    public long count() {
      return Arrays.stream(counts).sum();
    }
  }

  private TimeBuckets(long[] boundsNanos) {
    this.boundsNanos = boundsNanos;
    this.counts = new long[boundsNanos.length + 1];
  }

  /** From {@code first} on, three to a power of ten: 1, 2, 5, 10, 20, ... of it. */
  public static TimeBuckets from(Duration first, int powersOfTen) {
    long[] bounds =
        Stream.iterate(first.toNanos(), power -> 10 * power)
            .limit(powersOfTen)
            .flatMap(power -> Stream.of(power, 2 * power, 5 * power))
            .mapToLong(bound -> bound)
            .toArray();
    return new TimeBuckets(bounds);
  }

  public synchronized void add(long nanos) {
    int bucket = 0;
    while (bucket < boundsNanos.length && nanos > boundsNanos[bucket]) {
      bucket++;
    }
    counts[bucket]++;
    sumNanos += nanos;
  }

  public synchronized Snapshot snapshot() {
    return new Snapshot(boundsNanos.clone(), counts.clone(), sumNanos);
  }
}
