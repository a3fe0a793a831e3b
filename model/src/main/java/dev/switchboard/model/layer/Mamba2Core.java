package dev.switchboard.model.layer;

import dev.switchboard.model.kernel.Kernels;
import dev.switchboard.model.kernel.ScanInput;
import dev.switchboard.model.kernel.ScanShape;
import dev.switchboard.model.kernel.Scratch;
import dev.switchboard.model.kernel.Scratch.Slot;

/**
 * The part of Mamba-2 that a mixer and a Mamba expert share: step sizes, decays, the recurrence,
 * and the gated norm.
 *
 * <pre>
 * dt = softplus(dt + bias);  a = exp(-exp(A_log) dt)        per head
 * S  = a S + (dt x) B^T;     y = S C + D x                  head j uses group j / (heads/groups)
 * out = rmsnorm(y * silu(z)), each of the groups' slices by itself
 * </pre>
 */
public final class Mamba2Core {
  private final ScanShape shape;
  private final float[] negativeA;
  private final float[] skip;
  private final float[] stepBias;
  private final float[] normWeight;
  private final float eps;

  /**
   * @param aLog {@code [heads]}
   * @param skip D, {@code [heads]}
   * @param stepBias dt_bias, {@code [heads]}
   * @param normWeight {@code [heads * headDim]}
   */
  public Mamba2Core(
      ScanShape shape,
      float[] aLog,
      float[] skip,
      float[] stepBias,
      float[] normWeight,
      float eps) {
    this.shape = shape;
    Shapes.check("A_log", aLog, shape.heads());
    this.skip = Shapes.check("D", skip, shape.heads()).clone();
    this.stepBias = Shapes.check("dt_bias", stepBias, shape.heads()).clone();
    this.normWeight = Shapes.check("norm.weight", normWeight, shape.inner()).clone();
    if (shape.inner() % shape.groups() != 0) {
      throw new IllegalArgumentException(shape + ": groups do not divide the inner width");
    }
    this.eps = eps;
    this.negativeA = new float[shape.heads()];
    for (int h = 0; h < negativeA.length; h++) {
      negativeA[h] = (float) -StrictMath.exp(aLog[h]);
    }
  }

  public ScanShape shape() {
    return shape;
  }

  /**
   * Step sizes and decays of some rows.
   *
   * @param raw dt before its bias: row r at {@code offset + r * stride}, {@code [heads]} each
   */
  void steps(float[] raw, int offset, int stride, int rows, float[] stepSizes, float[] decays) {
    int heads = shape.heads();
    for (int r = 0; r < rows; r++) {
      for (int h = 0; h < heads; h++) {
        stepSizes[r * heads + h] = raw[offset + r * stride + h] + stepBias[h];
      }
    }
    Kernels.softplus(stepSizes, 0, rows * heads);
    for (int i = 0; i < rows * heads; i++) {
      decays[i] = negativeA[i % heads] * stepSizes[i];
    }
    Kernels.exp(decays, 0, rows * heads);
  }

  /**
   * The recurrence and the gated norm over consecutive tokens of one sequence.
   *
   * @param values where x, B and C lie: token t at {@code offset + t * stride}, x {@code [inner]}
   *     first, then B, then C
   * @param raw dt before its bias, token t at {@code rawOffset + t * rawStride}
   * @param state in the kernels' order; replaced
   * @param y {@code [tokens, inner]}: y * silu(z), normalised
   */
  public void forward(
      float[] values,
      int offset,
      int stride,
      float[] raw,
      int rawOffset,
      int zOffset,
      int rawStride,
      int tokens,
      float[] state,
      float[] y,
      int yOffset,
      Scratch scratch) {
    int heads = shape.heads();
    int inner = shape.inner();
    float[] stepSizes = scratch.floats(Slot.STEP_SIZES, tokens * heads);
    float[] decays = scratch.floats(Slot.DECAYS, tokens * heads);
    steps(raw, rawOffset, rawStride, tokens, stepSizes, decays);
    int b = offset + inner;
    int c = b + shape.groupWidth();
    ScanInput in = new ScanInput(values, offset, b, c, stride, stepSizes, decays, skip);
    Kernels.scan(shape, in, tokens, state, y, yOffset);
    for (int t = 0; t < tokens; t++) {
      int at = yOffset + t * inner;
      Kernels.siluTimes(raw, zOffset + t * rawStride, y, at, y, at, inner);
    }
    Kernels.rmsNorm(y, yOffset, tokens, normWeight, shape.groups(), eps, y, yOffset, scratch);
  }
}
