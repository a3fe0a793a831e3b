package dev.switchboard.router.engine;

/**
 * What the scheduler must know of a request; nothing of its text.
 *
 * @param client whose it is: requests of one client are served in their order, clients in turn
 * @param promptTokens rows that the prompt takes, at least 1
 * @param newTokens most tokens that follow it; 0: the request is over once it is read
 * @param chunkTokens prompt rows in one step at the most, at least 1
 * @param deadlineNanos on the engine's clock, or {@link #NO_DEADLINE}
 */
public record Ticket(
    long id, String client, int promptTokens, int newTokens, int chunkTokens, long deadlineNanos) {
  public static final long NO_DEADLINE = Long.MAX_VALUE;

  public Ticket {
    if (promptTokens < 1 || chunkTokens < 1 || newTokens < 0) {
      throw new IllegalArgumentException(
          "request %d: prompt of %d tokens in chunks of %d (both at least 1), %d new tokens (at least 0)"
              .formatted(id, promptTokens, chunkTokens, newTokens));
    }
  }

  boolean generates() {
    return newTokens > 0;
  }

  /** Rows whose keys and values it may come to hold. */
  long mostTokens() {
    return (long) promptTokens + newTokens;
  }

  boolean expired(long nowNanos) {
    return deadlineNanos != NO_DEADLINE && deadlineNanos - nowNanos <= 0;
  }
}
