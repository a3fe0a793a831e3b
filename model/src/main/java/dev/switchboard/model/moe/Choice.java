package dev.switchboard.model.moe;

import dev.switchboard.model.architecture.RoutingRule;
import dev.switchboard.model.kernel.Kernels;
import dev.switchboard.model.kernel.Scratch;

/** Applies a routing rule to the logits of one token. */
final class Choice {
  private Choice() {}

  /**
   * Writes the {@code topK} chosen, best first, ties to the lower index, and their weights.
   *
   * @param logits {@code [experts]} at {@code offset}; overwritten
   */
  // size: arrays and offsets instead of views, nothing is allocated per call
  static void choose(
      RoutingRule rule,
      float[] logits,
      int offset,
      int experts,
      int[] chosen,
      float[] weights,
      int at,
      Scratch scratch) {
    int k = rule.topK();
    for (int rank = 0; rank < k; rank++) {
      chosen[at + rank] = best(logits, offset, experts, chosen, at, rank);
    }
    if (rule.scoring() == RoutingRule.Scoring.SOFTMAX_OF_ALL) {
      Kernels.softmax(logits, offset, experts, scratch);
    }
    for (int rank = 0; rank < k; rank++) {
      weights[at + rank] = logits[offset + chosen[at + rank]];
    }
    switch (rule.scoring()) {
      case SOFTMAX_OF_CHOSEN -> Kernels.softmax(weights, at, k, scratch);
      case SOFTMAX_OF_ALL -> {
        if (rule.renormalise()) {
          float sum = Kernels.sum(weights, at, k, scratch);
          for (int rank = 0; rank < k; rank++) {
            weights[at + rank] /= sum;
          }
        }
      }
    }
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  private static int best(
      float[] logits, int offset, int experts, int[] chosen, int at, int ranks) {
    int best = -1;
    for (int e = 0; e < experts; e++) {
      if (!contains(chosen, at, ranks, e)
          && (best < 0 || logits[offset + e] > logits[offset + best])) {
        best = e;
      }
    }
    return best;
  }

  private static boolean contains(int[] chosen, int at, int ranks, int expert) {
    for (int i = at; i < at + ranks; i++) {
      if (chosen[i] == expert) {
        return true;
      }
    }
    return false;
  }
}
