package dev.switchboard.router.engine;

import dev.switchboard.model.snapshot.SequenceSnapshot;

/**
 * Takes what comes of a request. Called on the engine's thread, must not block; exactly one of
 * {@code generated}, {@code routed}, {@code judged} and {@code failed} is the last call.
 */
public interface RequestSink {
  /** The request has its place, running or queued. */
  void admitted();

  /**
   * Some rows of the prompt were read, in their order.
   *
   * @param logits [rows, vocabulary] after each of them; not changed afterwards
   */
  void promptLogits(int firstRow, int rows, float[] logits);

  /**
   * That many tokens of the prompt are read, those that were found in a cache or a state among
   * them.
   */
  default void read(int promptTokens) {}

  /** A token was generated. */
  void token(TokenEvent event);

  /**
   * A state that the request wished for ({@link SnapshotWishes}): behind the tokens read so far. To
   * be handed on: writing it is another thread's work.
   */
  default void snapshot(SequenceSnapshot snapshot) {}

  /** A state that it wished for could not be had; the request goes on. */
  default void noSnapshot(String reason) {}

  /** The generation is complete. */
  void generated(GenerationSummary summary);

  /** The prompt is routed. */
  void routed(RouteSummary summary);

  /**
   * The prompt is judged.
   *
   * @param tokens that were foretold
   * @param loss sum of their negative log-probabilities, in nats
   */
  default void judged(int tokens, double loss) {
    throw new IllegalStateException("nobody asked for it");
  }

  /** The request ended without an answer. */
  void failed(Ending ending);

  /**
   * Whether more events wait for the reader than should: the request pauses until {@link
   * Engine#resume}.
   */
  boolean behind();
}
