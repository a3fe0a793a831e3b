package dev.switchboard.model.kernel;

/** Plain Java. The static forms also finish what does not fill a vector. */
final class ScalarElements implements ElementSet {
  @Override
  public void sigmoid(float[] x, int offset, int n) {
    for (int i = offset; i < offset + n; i++) {
      x[i] = ScalarMath.sigmoid(x[i]);
    }
  }

  @Override
  public void silu(float[] x, int offset, int n) {
    for (int i = offset; i < offset + n; i++) {
      x[i] = ScalarMath.silu(x[i]);
    }
  }

  @Override
  public void gelu(float[] x, int offset, int n) {
    for (int i = offset; i < offset + n; i++) {
      x[i] = ScalarMath.gelu(x[i]);
    }
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  @Override
  public void geluTimes(
      float[] gate, int gateOffset, float[] x, int xOffset, float[] out, int outOffset, int n) {
    for (int i = 0; i < n; i++) {
      out[outOffset + i] = ScalarMath.gelu(gate[gateOffset + i]) * x[xOffset + i];
    }
  }

  @Override
  public void reluSquared(float[] x, int offset, int n) {
    for (int i = offset; i < offset + n; i++) {
      float v = Math.max(x[i], 0f);
      x[i] = v * v;
    }
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  @Override
  public void clampedSwiglu(
      float[] gate,
      int gateOffset,
      float[] up,
      int upOffset,
      float limit,
      float alpha,
      float[] out,
      int outOffset,
      int n) {
    for (int i = 0; i < n; i++) {
      out[outOffset + i] = clampedSwiglu(gate[gateOffset + i], up[upOffset + i], limit, alpha);
    }
  }

  static float clampedSwiglu(float gate, float up, float limit, float alpha) {
    float g = Math.min(gate, limit);
    float u = Math.max(Math.min(up, limit), -limit);
    return g / (1f + ScalarMath.exp(g * -alpha)) * (u + 1f);
  }

  @Override
  public void multiply(float[] x, int offset, float factor, int n) {
    for (int i = offset; i < offset + n; i++) {
      x[i] *= factor;
    }
  }

  @Override
  public void clamp(float[] x, int offset, float bound, int n) {
    for (int i = offset; i < offset + n; i++) {
      x[i] = Math.max(Math.min(x[i], bound), -bound);
    }
  }
}
