package dev.switchboard.model.moe;

import java.util.Arrays;

/**
 * The chosen experts and their weights. The arrays are shared, not copied: read only.
 *
 * @param experts {@code [tokens, topK]}, best first
 * @param weights {@code [tokens, topK]}
 */
public record Routing(int tokens, int topK, int[] experts, float[] weights) {
  public Routing {
    int slots = Math.multiplyExact(tokens, topK);
    if (topK < 1 || experts.length != slots || weights.length != slots) {
      throw new IllegalArgumentException(
          "routing of ["
              + tokens
              + ", "
              + topK
              + "] with "
              + experts.length
              + " experts and "
              + weights.length
              + " weights");
    }
  }

  /** The expert that a token's choice of a rank (0: the best) fell on. */
  public int expert(int token, int rank) {
    return experts[token * topK + rank];
  }

  public float weight(int token, int rank) {
    return weights[token * topK + rank];
  }

  /** To be written: every token to expert 0 with weight 0. */
  public static Routing empty(int tokens, int topK) {
    int slots = Math.multiplyExact(tokens, topK);
    return new Routing(tokens, topK, new int[slots], new float[slots]);
  }

  /** Every token to expert 0, with weight 1. */
  public static Routing single(int tokens) {
    float[] weights = new float[tokens];
    Arrays.fill(weights, 1f);
    return new Routing(tokens, 1, new int[tokens], weights);
  }
}
