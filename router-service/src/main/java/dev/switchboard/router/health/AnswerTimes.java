package dev.switchboard.router.health;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * How long nodes take to answer, by node, in a measure that batches of different sizes share:
 * nanoseconds a row, where the batch itself counts as some rows (its experts' weights are read once
 * for all of them).
 */
final class AnswerTimes {
  /** Reading an expert's weights takes about the time of computing so many rows. */
  static final int ROWS_OF_BATCH = 16;

  private static final int KEPT = 64;
  private static final int LEAST = 16;
  private static final double WEIGHT_OF_NEWEST = 0.1;
  private static final double QUANTILE = 0.95;

  /** Smaller differences are noise, and would only push rows from node to node. */
  private static final double NOTICED = 1.5;

  /** What was measured before says nothing any more: somebody has to ask again. */
  private static final long VALID_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final Map<Integer, Times> byNode = new HashMap<>();

  /** The last answers of one node. */
  private static final class Times {
    private final double[] ring = new double[KEPT];
    private long count;
    private double mean;
    private double p95;
    private long lastNanos;

    void add(double time, long now) {
      ring[(int) (count % KEPT)] = time;
      mean = count == 0 ? time : mean + WEIGHT_OF_NEWEST * (time - mean);
      count++;
      lastNanos = now;
      if (count % LEAST == 0) {
        double[] sorted = Arrays.copyOf(ring, (int) Math.min(count, KEPT));
        Arrays.sort(sorted);
        p95 = sorted[(int) Math.ceil(QUANTILE * sorted.length) - 1];
      }
    }

    boolean known() {
      return count >= LEAST;
    }
  }

  /**
   * @param rows of the answer
   * @param nanos from sending to the answer
   */
  void add(int node, int rows, long nanos, long now) {
    byNode
        .computeIfAbsent(node, n -> new Times())
        .add((double) nanos / (rows + ROWS_OF_BATCH), now);
  }

  /**
   * What nineteen of twenty answers of so many rows take no longer than, at the node in the middle:
   * half of the nodes may be slow without a slow answer being a usual one. 0 while nothing is
   * known.
   */
  long usuallyWithin(int rows) {
    double[] known =
        byNode.values().stream().filter(Times::known).mapToDouble(t -> t.p95).toArray();
    if (known.length == 0) {
      return 0;
    }
    Arrays.sort(known);
    return (long) (known[(known.length - 1) / 2] * (rows + ROWS_OF_BATCH));
  }

  /** How many times as long as the quickest node this one takes lately; 1 unless it shows. */
  double slowness(int node, long now) {
    Times mine = byNode.get(node);
    if (mine == null || !mine.known() || now - mine.lastNanos > VALID_NANOS) {
      return 1;
    }
    double quickest = mine.mean;
    for (Times other : byNode.values()) {
      quickest = other.known() ? Math.min(quickest, other.mean) : quickest;
    }
    double times = mine.mean / Math.max(quickest, 1e-9);
    return times < NOTICED ? 1 : times;
  }

  /** Mean nanoseconds a row lately, the batch counting as {@link #ROWS_OF_BATCH}; 0 if unknown. */
  double nanosPerRow(int node) {
    Times mine = byNode.get(node);
    return mine == null ? 0 : mine.mean;
  }

  void keepOnly(Set<Integer> nodes) {
    byNode.keySet().retainAll(nodes);
  }
}
