package dev.switchboard.model.kernel;

/**
 * Element-wise functions; every implementation gives the same bits. Arguments have been checked by
 * {@link ElementKernels}.
 */
interface ElementSet {
  /** In place. */
  void sigmoid(float[] x, int offset, int n);

  /** In place. */
  void silu(float[] x, int offset, int n);

  /** In place. */
  void gelu(float[] x, int offset, int n);

  /** out = gelu(gate) * x. */
  // size: arrays and offsets instead of views, nothing is allocated per call
  void geluTimes(
      float[] gate, int gateOffset, float[] x, int xOffset, float[] out, int outOffset, int n);

  /** In place. */
  void reluSquared(float[] x, int offset, int n);

  /** g = min(gate, limit), u = up within the limit: out = (g / (1 + e^(-alpha g))) * (u + 1). */
  // size: arrays and offsets instead of views, nothing is allocated per call
  void clampedSwiglu(
      float[] gate,
      int gateOffset,
      float[] up,
      int upOffset,
      float limit,
      float alpha,
      float[] out,
      int outOffset,
      int n);

  /** In place. */
  void multiply(float[] x, int offset, float factor, int n);

  /** In place. */
  void clamp(float[] x, int offset, float bound, int n);
}
