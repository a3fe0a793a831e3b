package dev.switchboard.node.runtime;

/** The computing thread, for those who change what it computes with. */
public interface ComputeTurn {
  /**
   * Admits a call about states, in turn with the batches; {@code false} if the queue is full or the
   * node stops.
   */
  boolean offer(Runnable stateCall);

  /** Batches and calls that wait or are being computed. */
  int backlog();

  /** Tokens of batches that wait or are being computed. */
  long outstandingTokens();
}
