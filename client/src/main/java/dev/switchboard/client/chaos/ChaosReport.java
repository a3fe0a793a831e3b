package dev.switchboard.client.chaos;

import java.util.List;
import java.util.Map;

/**
 * What came of it.
 *
 * @param faults those that were injected
 * @param requests turns that were asked for under faults, and how they ended
 * @param degraded what was answered without experts
 * @param stalls longest gaps between two tokens, one a fault and stream that was generating then
 * @param usual gaps between two tokens while there was no fault
 * @param byKind the same for each kind of fault
 * @param problems what went wrong, for people; the first of many
 */
public record ChaosReport(
    int faults,
    Requests requests,
    Degraded degraded,
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
   * Answers that did without some experts, where that was allowed.
   *
   * @param requests that say so at their end
   * @param tokens that they say they are made of, prompts included
   * @param flagged generated tokens that came with the flag
   * @param counted by the routers
   */
  public record Degraded(int requests, long tokens, long flagged, long counted) {}

  /**
   * Some times, in milliseconds.
   *
   * @param count of them
   */
  public record Times(long count, double p50, double p95, double most) {
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
}
