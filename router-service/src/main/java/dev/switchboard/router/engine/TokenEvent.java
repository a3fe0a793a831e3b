package dev.switchboard.router.engine;

import java.util.List;

/**
 * One generated token.
 *
 * @param text what it adds to the text
 * @param experts choices of the pass that produced it, [moeLayers][experts awake], best first
 * @param logprob log-probability of the token itself, 0 if not asked for
 * @param top most likely tokens at its place, empty if not asked for
 * @param degraded whether some of the experts did not answer
 */
@SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
public record TokenEvent(
    int id, String text, int[][] experts, float logprob, List<Alternative> top, boolean degraded) {
  /** Of which nothing more is to be told. */
  public TokenEvent(int id, String text, int[][] experts) {
    this(id, text, experts, 0, List.of(), false);
  }

  /** A token that might have stood there. */
  public record Alternative(int id, float logprob) {}
}
