package dev.switchboard.client.chaos;

import java.time.Duration;

/**
 * A fault that was, and what was noticed of it.
 *
 * @param victim name of the process
 * @param beginNanos when it began
 * @param endNanos when every expert had all its replicas again, and every router answered
 * @param retries requests that were sent again meanwhile
 */
record Happened(
    FaultKind kind, String victim, long beginNanos, long endNanos, int retries, After after) {
  /**
   * How it was at the end.
   *
   * @param whole whether all was as before
   * @param problem what was not as it should have been; empty if nothing
   */
  record After(boolean whole, String problem) {
    static final After WELL = new After(true, "");
  }

  Duration took() {
    return Duration.ofNanos(endNanos - beginNanos);
  }
}
