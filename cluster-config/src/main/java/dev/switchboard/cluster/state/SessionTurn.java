package dev.switchboard.cluster.state;

/**
 * The last turn of a session: a prompt and what was generated after it.
 *
 * @param number the first is 1
 * @param start tokens of the session before it
 * @param promptEnd tokens of the session with its prompt
 * @param digest of what was asked: the same request sent again has the same
 * @param seed that its sampling uses
 * @param tail ids that the record's tokens do not hold: the end of the prompt perhaps, and what is
 *     known to have been generated
 * @param finish why it is complete; empty while it is not
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody, not changed
public record SessionTurn(
    int number, int start, int promptEnd, String digest, long seed, int[] tail, String finish) {
  public SessionTurn {
    if (number < 1 || start < 0 || promptEnd < start) {
      throw new IllegalArgumentException(
          "turn %d from token %d to %d".formatted(number, start, promptEnd));
    }
  }

  /** Whether all of it was generated. */
  public boolean complete() {
    return !finish.isEmpty();
  }

  /** The same turn with another tail. */
  public SessionTurn with(int[] ids, String reason) {
    return new SessionTurn(number, start, promptEnd, digest, seed, ids, reason);
  }
}
