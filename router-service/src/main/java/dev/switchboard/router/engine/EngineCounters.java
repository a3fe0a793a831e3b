package dev.switchboard.router.engine;

import dev.switchboard.cluster.metrics.TimeBuckets;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;

/** What the engine has done since it started. Written by its thread, read by any. */
public final class EngineCounters {
  /** From a tenth of a millisecond to fifty seconds. */
  private static final int STEP_POWERS_OF_TEN = 6;

  private long steps;
  private long promptTokens;
  private long prefixTokens;
  private long generatedTokens;
  private long preemptions;
  private long repeatedTokens;
  private long degradedTokens;
  private long refused;
  private long longestGapNanos;
  private long finished;
  private final Map<Ending.Kind, Long> failed = new EnumMap<>(Ending.Kind.class);
  private final TimeBuckets stepTimes =
      TimeBuckets.from(Duration.ofNanos(100_000), STEP_POWERS_OF_TEN);

  /**
   * A moment's counters.
   *
   * @param steps passes through the model
   * @param promptTokens of prompts that were computed
   * @param prefixTokens of prompts that were not: others had read the same
   * @param generatedTokens chosen
   * @param preemptions states given up for want of memory or for another client's turn
   * @param repeatedTokens computed a second time because of that
   * @param refused requests for which there was no place in the queue
   * @param degradedTokens read without some of their experts, each once
   * @param longestGapNanos between two tokens of one request whose reader kept up
   */
  public record Snapshot(
      long steps,
      long promptTokens,
      long prefixTokens,
      long generatedTokens,
      long preemptions,
      long repeatedTokens,
      long refused,
      long degradedTokens,
      long longestGapNanos) {}

  /**
   * How requests ended.
   *
   * @param finished with an answer
   * @param failed without one; kinds that never were are missing
   */
  public record Ends(long finished, Map<Ending.Kind, Long> failed) {}

  synchronized void step(long nanos) {
    steps++;
    stepTimes.add(nanos);
  }

  synchronized void finished() {
    finished++;
  }

  synchronized void failed(Ending.Kind kind) {
    failed.merge(kind, 1L, Long::sum);
  }

  public synchronized Ends ends() {
    return new Ends(finished, Map.copyOf(failed));
  }

  /** Passes through the model by their time. */
  public TimeBuckets.Snapshot stepTimes() {
    return stepTimes.snapshot();
  }

  /**
   * @param degraded tokens, of this slice, that did without some of their experts
   */
  synchronized void passed(Slice slice, int degraded) {
    degradedTokens += degraded;
    switch (slice.kind()) {
      case PROMPT -> promptTokens += slice.rows();
      case REPEATED -> repeatedTokens += slice.rows();
      case GENERATED -> {}
    }
    generatedTokens += slice.wantsLogits() ? 1 : 0;
  }

  synchronized void prefix(int tokens) {
    prefixTokens += tokens;
  }

  synchronized void preempted() {
    preemptions++;
  }

  synchronized void refused() {
    refused++;
  }

  synchronized void gap(long nanos) {
    longestGapNanos = Math.max(longestGapNanos, nanos);
  }

  public synchronized Snapshot snapshot() {
    return new Snapshot(
        steps,
        promptTokens,
        prefixTokens,
        generatedTokens,
        preemptions,
        repeatedTokens,
        refused,
        degradedTokens,
        longestGapNanos);
  }
}
