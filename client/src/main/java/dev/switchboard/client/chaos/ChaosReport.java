package dev.switchboard.client.chaos;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/**
 * What came of it.
 *
 * @param faults those that were injected
 * @param requests turns that were asked for under faults, and how they ended
 * @param stalls longest gaps between two tokens, one a fault and stream that was generating then
 * @param usual gaps between two tokens while there was no fault
 * @param byKind the same for each kind of fault
 * @param problems what went wrong, for people; the first of many
 */
public record ChaosReport(
    int faults,
    Requests requests,
    Times stalls,
    Times usual,
    Map<FaultKind, OfKind> byKind,
    List<String> problems) {
  /**
   * Turns.
   *
   * @param retries attempts beyond the first of each
   */
  public record Requests(int asked, int failed, int wrongTokens, int tokens, int retries) {}

  /**
   * Some times, in milliseconds.
   *
   * @param count of them
   */
  public record Times(int count, double p50, double p95, double most) {
    static Times of(long[] nanos) {
      return new Times(
          nanos.length,
          Gaps.quantile(nanos, 0.5) / 1e6,
          Gaps.quantile(nanos, 0.95) / 1e6,
          Gaps.quantile(nanos, 1) / 1e6);
    }
  }

  /**
   * Faults of one kind.
   *
   * @param retries requests that were sent again while there was one
   * @param wholeAfter from a fault's begin to the moment when all was as before
   */
  public record OfKind(int count, Times stalls, int retries, Times wholeAfter) {}

  public ChaosReport {
    byKind = Map.copyOf(byKind);
    problems = List.copyOf(problems);
  }

  /** Whether nobody noticed more than a pause. */
  public boolean clean() {
    return requests.failed() == 0 && requests.wrongTokens() == 0;
  }

  static ChaosReport of(
      List<Happened> faults, Gaps gaps, Requests requests, List<String> problems) {
    Map<FaultKind, OfKind> byKind = new EnumMap<>(FaultKind.class);
    for (FaultKind kind : FaultKind.values()) {
      List<Happened> mine = faults.stream().filter(fault -> fault.kind() == kind).toList();
      if (!mine.isEmpty()) {
        byKind.put(kind, ofKind(mine, gaps));
      }
    }
    return new ChaosReport(
        faults.size(),
        requests,
        Times.of(stalls(faults, gaps)),
        Times.of(usual(faults, gaps)),
        byKind,
        problems);
  }

  private static OfKind ofKind(List<Happened> faults, Gaps gaps) {
    return new OfKind(
        faults.size(),
        Times.of(stalls(faults, gaps)),
        faults.stream().mapToInt(Happened::retries).sum(),
        Times.of(faults.stream().mapToLong(fault -> fault.took().toNanos()).toArray()));
  }

  private static long[] stalls(List<Happened> faults, Gaps gaps) {
    return faults.stream()
        .flatMapToLong(
            fault -> Arrays.stream(gaps.longestOfEachStream(fault.beginNanos(), fault.endNanos())))
        .toArray();
  }

  private static long[] usual(List<Happened> faults, Gaps gaps) {
    return gaps.all().stream()
        .filter(gap ->
            faults.stream().noneMatch(fault -> gap.overlaps(fault.beginNanos(), fault.endNanos())))
        .flatMapToLong(gap -> LongStream.of(gap.nanos()))
        .toArray();
  }
}
