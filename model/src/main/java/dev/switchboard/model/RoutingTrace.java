package dev.switchboard.model;

/**
 * The experts that each token of a segment chose, on every MoE layer.
 *
 * @param experts {@code [tokens, moeLayers, topK]}, best first
 */
public record RoutingTrace(int tokens, int moeLayers, int topK, int[] experts) {
  public RoutingTrace {
    if (experts.length != (long) tokens * moeLayers * topK) {
      throw new IllegalArgumentException(
          experts.length + " choices for [" + tokens + ", " + moeLayers + ", " + topK + "]");
    }
  }

  /** The choice of one rank, 0 being the best, on the {@code moeLayer}-th MoE layer. */
  public int expert(int token, int moeLayer, int rank) {
    return experts[(token * moeLayers + moeLayer) * topK + rank];
  }
}
