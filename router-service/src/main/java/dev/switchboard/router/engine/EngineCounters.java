package dev.switchboard.router.engine;

/** What the engine has done since it started. Written by its thread, read by any. */
public final class EngineCounters {
  private long steps;
  private long promptTokens;
  private long prefixTokens;
  private long generatedTokens;
  private long preemptions;
  private long repeatedTokens;
  private long refused;
  private long longestGapNanos;

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
      long longestGapNanos) {}

  synchronized void step() {
    steps++;
  }

  synchronized void passed(Slice slice) {
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
        longestGapNanos);
  }
}
