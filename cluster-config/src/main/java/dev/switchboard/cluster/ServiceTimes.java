package dev.switchboard.cluster;

import java.util.Arrays;

/**
 * What a node's experts have computed and the time it took, by size of call: a node that is asked
 * for many rows at once is quicker a row, which says nothing about the node. Immutable.
 */
public final class ServiceTimes {
  /** Calls of 1 row an expert, of 2 or 3, 4 to 7, and so on; the last takes all that are larger. */
  private static final int SIZES = 12;

  /** The same again for experts with a state, which compute row after row. */
  public static final int CLASSES = 2 * SIZES;

  /** Nothing computed. */
  public static final ServiceTimes NONE = new ServiceTimes(new long[CLASSES], new long[CLASSES]);

  private final long[] work;
  private final long[] nanos;

  private ServiceTimes(long[] work, long[] nanos) {
    this.work = work;
    this.nanos = nanos;
  }

  /**
   * @param work multiply-adds, [CLASSES]; copied
   * @param nanos time that they took, [CLASSES]; copied
   * @throws IllegalArgumentException if there are more or fewer
   */
  public static ServiceTimes of(long[] work, long[] nanos) {
    if (work.length != CLASSES || nanos.length != CLASSES) {
      throw new IllegalArgumentException(
          "service times of %d and %d classes; expected %d"
              .formatted(work.length, nanos.length, CLASSES));
    }
    return new ServiceTimes(work.clone(), nanos.clone());
  }

  /** The class of a call with so many rows for each of its experts, one or more. */
  public static int classOf(int rowsEach, boolean stateful) {
    int size = Math.min(SIZES - 1, 31 - Integer.numberOfLeadingZeros(Math.max(1, rowsEach)));
    return stateful ? SIZES + size : size;
  }

  /** Multiply-adds of a class of calls. */
  public long work(int callClass) {
    return work[callClass];
  }

  /** Nanoseconds that they took. */
  public long nanos(int callClass) {
    return nanos[callClass];
  }

  /** Nanoseconds of all calls. */
  public long totalNanos() {
    return Arrays.stream(nanos).sum();
  }

  /** The sum of both. */
  public ServiceTimes plus(ServiceTimes other) {
    return new ServiceTimes(sum(work, other.work, 1), sum(nanos, other.nanos, 1));
  }

  /** What came since an earlier state of the same counters. */
  public ServiceTimes since(ServiceTimes earlier) {
    return new ServiceTimes(sum(work, earlier.work, -1), sum(nanos, earlier.nanos, -1));
  }

  private static long[] sum(long[] one, long[] other, int sign) {
    long[] sum = new long[CLASSES];
    for (int i = 0; i < CLASSES; i++) {
      sum[i] = one[i] + sign * other[i];
    }
    return sum;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ServiceTimes that
        && Arrays.equals(work, that.work)
        && Arrays.equals(nanos, that.nanos);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(work) + Arrays.hashCode(nanos);
  }

  @Override
  public String toString() {
    return "ServiceTimes" + Arrays.toString(work) + Arrays.toString(nanos);
  }
}
