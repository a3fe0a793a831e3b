package dev.switchboard.router.engine;

/**
 * What the scheduler must know of a request; nothing of its text.
 *
 * @param promptTokens rows that the prompt takes, at least 1
 * @param chunkTokens prompt rows in one step at the most, at least 1
 * @param generates whether tokens follow the prompt; otherwise the request is over once it is read
 * @param deadlineNanos on the engine's clock, or {@link #NO_DEADLINE}
 * @param memoryBytes most that its keys and values can take; 0 for models without any
 */
public record Ticket(
    long id,
    int promptTokens,
    int chunkTokens,
    boolean generates,
    long deadlineNanos,
    long memoryBytes) {
  public static final long NO_DEADLINE = Long.MAX_VALUE;

  public Ticket {
    if (promptTokens < 1 || chunkTokens < 1 || memoryBytes < 0) {
      throw new IllegalArgumentException(
          "request %d: prompt of %d tokens in chunks of %d (both at least 1), %d bytes (at least 0)"
              .formatted(id, promptTokens, chunkTokens, memoryBytes));
    }
  }

  boolean expired(long nowNanos) {
    return deadlineNanos != NO_DEADLINE && deadlineNanos - nowNanos <= 0;
  }
}
