package dev.switchboard.model;

/**
 * The experts that each token of a segment chose, on every MoE layer.
 *
 * @param topK of the layer that wakes most experts
 * @param experts {@code [tokens, moeLayers, topK]}, best first; -1 where a layer wakes fewer
 * @param weights {@code [tokens, moeLayers, topK]}: what each expert's answer is multiplied by
 */
public record RoutingTrace(int tokens, int moeLayers, int topK, int[] experts, float[] weights) {
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

  /** The choice of one rank, 0 being the best, on the {@code moeLayer}-th MoE layer. */
  public int expert(int token, int moeLayer, int rank) {
    return experts[(token * moeLayers + moeLayer) * topK + rank];
  }
}
