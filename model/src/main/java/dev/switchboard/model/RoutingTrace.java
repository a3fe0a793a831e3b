package dev.switchboard.model;

import java.util.BitSet;

/**
 * The experts that each token of a segment chose, on every MoE layer.
 *
 * @param topK of the layer that wakes most experts
 * @param experts {@code [tokens, moeLayers, topK]}, best first; -1 where a layer wakes fewer
 * @param weights {@code [tokens, moeLayers, topK]}: what each expert's answer is multiplied by
 * @param degraded tokens that did without some of these experts, on one layer at least
 */
public record RoutingTrace(
    int tokens, int moeLayers, int topK, int[] experts, float[] weights, BitSet degraded) {
  public RoutingTrace {
    long slots = (long) tokens * moeLayers * topK;
    if (experts.length != slots || weights.length != slots) {
      throw new IllegalArgumentException(
          experts.length
              + " choices, "
              + weights.length
              + " weights for ["
              + tokens
              + ", "
              + moeLayers
              + ", "
              + topK
              + "]");
    }
  }

  /** All experts have answered. */
  public RoutingTrace(int tokens, int moeLayers, int topK, int[] experts, float[] weights) {
    this(tokens, moeLayers, topK, experts, weights, new BitSet(0));
  }

  /** The choice of one rank, 0 being the best, on the {@code moeLayer}-th MoE layer. */
  public int expert(int token, int moeLayer, int rank) {
    return experts[(token * moeLayers + moeLayer) * topK + rank];
  }
}
