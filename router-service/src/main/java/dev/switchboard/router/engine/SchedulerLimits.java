package dev.switchboard.router.engine;

import java.time.Duration;

/**
 * Bounds of the scheduler.
 *
 * @param maxRunning requests that hold a sequence state at once
 * @param maxQueued requests that wait behind them; one more is refused
 * @param stepTokens rows of one step at the most
 * @param memoryBytes for the keys and values of all running requests; reserved when one begins
 * @param stallLimit how long a reader may leave a full buffer before its request ends
 */
public record SchedulerLimits(
    int maxRunning, int maxQueued, int stepTokens, long memoryBytes, Duration stallLimit) {
  public SchedulerLimits {
    if (maxRunning < 1 || maxQueued < 0 || stepTokens < 1) {
      throw new IllegalArgumentException(
          "maxRunning %d (at least 1), maxQueued %d (at least 0), stepTokens %d (at least 1)"
              .formatted(maxRunning, maxQueued, stepTokens));
    }
  }
}
