package dev.switchboard.router.engine;

import dev.switchboard.model.RoutingTrace;
import java.util.List;

/**
 * One generated token.
 *
 * @param text what it adds to the text
 * @param experts choices of the pass that produced it, [moeLayers][topK], best first
 * @param logprob log-probability of the token itself, 0 if not asked for
 * @param top most likely tokens at its place, empty if not asked for
 */
@SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
public record TokenEvent(
    int id, String text, int[][] experts, float logprob, List<Alternative> top) {
  /** A token that might have stood there. */
  public record Alternative(int id, float logprob) {}

  /** One token's choices, [moeLayers][topK]. */
  static int[][] choices(RoutingTrace trace, int token) {
    int[][] choices = new int[trace.moeLayers()][trace.topK()];
    for (int layer = 0; layer < choices.length; layer++) {
      for (int rank = 0; rank < choices[layer].length; rank++) {
        choices[layer][rank] = trace.expert(token, layer, rank);
      }
    }
    return choices;
  }
}
