package dev.switchboard.model;

import dev.switchboard.model.moe.Routing;

/**
 * Looks on while a forward pass runs: for comparing with a reference, and for traces. The arrays
 * are the pass's own, valid during the call only; row r belongs to the step's r-th token.
 */
public interface ForwardProbe {
  /** Sees nothing. */
  ForwardProbe NONE = new ForwardProbe() {};

  /** What enters layer 0, {@code [rows, dModel]}. */
  default void embeddings(float[] values, int rows) {}

  /** The residual stream after a layer, {@code [rows, dModel]}. */
  default void layer(int layer, float[] values, int rows) {}

  /** A gate's logits, {@code [rows, experts]}, before any scoring. */
  default void gate(int layer, float[] logits, int rows, int experts) {}

  /**
   * A layer's experts: what they read, whom each token chose, and what the layer's block gives,
   * shared experts included, {@code [rows, dModel]} each.
   */
  default void experts(int layer, float[] input, Routing routing, float[] output) {}

  /** What the head reads, {@code [rows, dModel]}: only rows whose logits are wanted. */
  default void finalNorm(float[] values, int rows) {}
}
