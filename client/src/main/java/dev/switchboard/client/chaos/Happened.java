package dev.switchboard.client.chaos;

import java.time.Duration;

/**
 * A fault that was, and what was noticed of it.
 *
 * @param victim name of the process
 * @param beginNanos when it began
 * @param endNanos when every expert had all its replicas again, and every router answered
 * @param retries requests that were sent again meanwhile
 * @param problem what was not well at the end; empty if all was
 */
record Happened(
    FaultKind kind, String victim, long beginNanos, long endNanos, int retries, String problem) {
  Duration took() {
    return Duration.ofNanos(endNanos - beginNanos);
  }
}
