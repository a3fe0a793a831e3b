package dev.switchboard.client.chaos;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * When tokens came, by stream: gaps between two tokens of one answer, with their begin and end, in
 * nanoseconds of one clock. Those of the present are kept one by one; of those that no fault
 * touched, a bounded sample.
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

  private final List<Gap> recent = new ArrayList<>();
  private final Sample usual = new Sample();
  private int tokens;

  synchronized void add(Gap gap) {
    recent.add(gap);
    tokens++;
  }

  /** Tokens that have come, but for the first of each answer. */
  synchronized int tokens() {
    return tokens;
  }

  /** Those that are kept one by one. */
  synchronized List<Gap> recent() {
    return List.copyOf(recent);
  }

  /**
   * For each stream that was generating then, its longest gap that lies in this time or touches it.
   */
  synchronized long[] longestOfEachStream(long from, long to) {
    return recent.stream()
        .filter(gap -> gap.overlaps(from, to))
        .collect(Collectors.toMap(Gap::stream, Gap::nanos, Math::max))
        .values()
        .stream()
        .mapToLong(Long::longValue)
        .toArray();
  }

  /** No fault touched what has ended so far. */
  synchronized void undisturbed() {
    recent.forEach(gap -> usual.add(gap.nanos()));
    recent.clear();
  }

  /** The same but for what a fault of this time touched: the longest such gap of each stream. */
  synchronized long[] disturbed(long from, long to) {
    long[] longest = longestOfEachStream(from, to);
    recent.removeIf(gap -> gap.overlaps(from, to));
    undisturbed();
    return longest;
  }

  /** Gaps that no fault touched. */
  synchronized ChaosReport.Times usual() {
    long[] values = usual.values();
    return new ChaosReport.Times(
        usual.seen(),
        quantile(values, 0.5) / 1e6,
        quantile(values, 0.95) / 1e6,
        usual.most() / 1e6);
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
