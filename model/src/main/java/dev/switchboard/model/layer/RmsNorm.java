package dev.switchboard.model.layer;

import dev.switchboard.model.kernel.Kernels;
import dev.switchboard.model.kernel.Scratch;

/** v * weight / sqrt(mean(v^2) + eps), row by row. */
public final class RmsNorm {
  private final float[] weight;
  private final float eps;

  /**
   * @param weight {@code [width]}
   */
  public RmsNorm(float[] weight, float eps) {
    if (weight.length == 0 || !(eps >= 0)) {
      throw new IllegalArgumentException("norm of width " + weight.length + " with eps " + eps);
    }
    this.weight = weight.clone();
    this.eps = eps;
  }

  /** {@code [rows, width] -> [rows, width]}; may work in place. */
  // size: arrays and offsets instead of views, nothing is allocated per call
  public void forward(
      float[] in, int inOffset, int rows, float[] out, int outOffset, Scratch scratch) {
    Kernels.rmsNorm(in, inOffset, rows, weight, 1, eps, out, outOffset, scratch);
  }

  public int width() {
    return weight.length;
  }
}
