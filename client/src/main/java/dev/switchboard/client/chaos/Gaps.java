package dev.switchboard.client.chaos;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * When tokens came, by stream: every gap between two tokens of one answer, with its begin and end.
 * Nanoseconds of one clock.
 */
final class Gaps {
  /** One gap. */
  record Gap(int stream, long beginNanos, long endNanos) {
    long nanos() {
      return endNanos - beginNanos;
    }

    boolean overlaps(long from, long to) {
      return beginNanos - to < 0 && endNanos - from > 0;
    }
  }

  private final List<Gap> gaps = new ArrayList<>();

  synchronized void add(Gap gap) {
    gaps.add(gap);
  }

  synchronized List<Gap> all() {
    return List.copyOf(gaps);
  }

  /**
   * For each stream that was generating then, its longest gap that lies in this time or touches it.
   */
  synchronized long[] longestOfEachStream(long from, long to) {
    return gaps.stream()
        .filter(gap -> gap.overlaps(from, to))
        .collect(java.util.stream.Collectors.toMap(Gap::stream, Gap::nanos, Math::max))
        .values()
        .stream()
        .mapToLong(Long::longValue)
        .toArray();
  }

  /** The least value that this share of the values does not exceed; 0 of none. */
  static long quantile(long[] values, double share) {
    if (values.length == 0) {
      return 0;
    }
    long[] sorted = values.clone();
    Arrays.sort(sorted);
    int index = (int) Math.ceil(share * sorted.length) - 1;
    return sorted[Math.clamp(index, 0, sorted.length - 1)];
  }
}
