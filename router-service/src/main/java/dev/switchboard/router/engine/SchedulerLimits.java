package dev.switchboard.router.engine;

import java.time.Duration;

/**
 * Bounds of the scheduler.
 *
 * @param maxRunning requests that hold a sequence state at once
 * @param maxQueued requests that wait behind them; one more is refused
 * @param stepTokens rows of one step at the most
 * @param promptDelay how much longer prompts may make a step in which requests generate
 * @param keyCost what a key to look at costs a prompt row, in rows without any: 0 without attention
 * @param stallLimit how long a reader may leave a full buffer before its request ends
 * @param alignTokens slices of prompts end at multiples of it, where states are kept; 0: anywhere
 * @param maxWait who would wait longer is refused
 */
public record SchedulerLimits(
    int maxRunning,
    int maxQueued,
    int stepTokens,
    Duration promptDelay,
    double keyCost,
    Duration stallLimit,
    int alignTokens,
    Duration maxWait) {
  private static final Duration ANY_TIME = Duration.ofDays(365);

  public SchedulerLimits {
    if (maxRunning < 1 || maxQueued < 0 || stepTokens < 1 || !(keyCost >= 0) || alignTokens < 0) {
      throw new IllegalArgumentException(
          "maxRunning %d (at least 1), maxQueued %d (at least 0), stepTokens %d (at least 1), keyCost %s (at least 0), alignTokens %d (at least 0)"
              .formatted(maxRunning, maxQueued, stepTokens, keyCost, alignTokens));
    }
  }

  /** However long anybody waits. */
  // size: the bounds themselves
  public SchedulerLimits(
      int maxRunning,
      int maxQueued,
      int stepTokens,
      Duration promptDelay,
      double keyCost,
      Duration stallLimit,
      int alignTokens) {
    this(
        maxRunning, maxQueued, stepTokens, promptDelay, keyCost, stallLimit, alignTokens, ANY_TIME);
  }

  /** Slices that end anywhere. */
  // size: the bounds themselves
  public SchedulerLimits(
      int maxRunning,
      int maxQueued,
      int stepTokens,
      Duration promptDelay,
      double keyCost,
      Duration stallLimit) {
    this(maxRunning, maxQueued, stepTokens, promptDelay, keyCost, stallLimit, 0);
  }

  /** Rows from this one on that a slice may have. */
  int aligned(int row, int rows) {
    return alignTokens == 0 ? rows : Math.min(rows, alignTokens - row % alignTokens);
  }
}
