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
 * dt = softplus(dt + bias), within bounds;  a = exp(A dt)   per head
 * S  = a S + (dt x) B^T;     y = S C + D x                  head j uses group j / (heads/groups)
 * out = rmsnorm(y * silu(z)), each of the groups' slices by itself
 * </pre>
 */
public final class Mamba2Core {
  /** Updates of a state, which is in the first cache, that cost what another value does. */
  private static final int UPDATES_A_VALUE = 4;

  private final ScanShape shape;
  private final float[] rates;
  private final float[] skip;
  private final Steps steps;
  private final float[] normWeight;
  private final float eps;

  /**
   * How raw steps become dt.
   *
   * @param bias {@code [heads]}
   * @param least of dt after softplus; 0: no bound
   * @param most of it; infinity: no bound
   */
  public record Steps(float[] bias, float least, float most) {
    public Steps {
      if (!(least >= 0 && most >= least)) {
        throw new IllegalArgumentException("step sizes from " + least + " to " + most);
      }
    }

    /** Without bounds. */
    public Steps(float[] bias) {
      this(bias, 0f, Float.POSITIVE_INFINITY);
    }
  }

  /**
   * @param rates A, {@code [heads]}
   * @param skip D, {@code [heads]}
   * @param normWeight {@code [heads * headDim]}
   */
  // size: arrays and offsets instead of views, nothing is allocated per call
  public Mamba2Core(
      ScanShape shape, float[] rates, float[] skip, Steps steps, float[] normWeight, float eps) {
    this.shape = shape;
    this.rates = Shapes.check("A", rates, shape.heads()).clone();
    this.skip = Shapes.check("D", skip, shape.heads()).clone();
    Shapes.check("dt_bias", steps.bias(), shape.heads());
    this.steps = steps;
    this.normWeight = Shapes.check("norm.weight", normWeight, shape.inner()).clone();
    if (shape.inner() % shape.groups() != 0) {
      throw new IllegalArgumentException(shape + ": groups do not divide the inner width");
    }
    this.eps = eps;
  }

  /** A of its logarithms: -exp, by StrictMath. */
  public static float[] rates(float[] logarithms) {
    float[] rates = new float[logarithms.length];
    for (int i = 0; i < rates.length; i++) {
      rates[i] = (float) -StrictMath.exp(logarithms[i]);
    }
    return rates;
  }

  public ScanShape shape() {
    return shape;
  }

  /**
   * Where the inputs of some consecutive tokens of one sequence lie.
   *
   * @param xbc token t at {@code xbcOffset + t * xbcStride}: x {@code [inner]}, then B, then C,
   *     {@code [groups * stateSize]} each
   * @param projected holds z {@code [inner]} and dt, before its bias, {@code [heads]}: token t at
   *     their offset plus {@code t * stride}
   */
  public record Rows(
      float[] xbc,
      int xbcOffset,
      int xbcStride,
      float[] projected,
      int zOffset,
      int dtOffset,
      int stride) {}

  /**
   * The recurrence and the gated norm over consecutive tokens of one sequence.
   *
   * @param state in the kernels' order; replaced
   * @param y {@code [tokens, inner]}: y * silu(z), normalised
   */
  // size: arrays and offsets instead of views, nothing is allocated per token
  public void forward(
      Rows rows, int tokens, float[] state, float[] y, int yOffset, Scratch scratch) {
    int heads = shape.heads();
    int inner = shape.inner();
    float[] stepSizes = scratch.floats(Slot.STEP_SIZES, tokens * heads);
    float[] decays = scratch.floats(Slot.DECAYS, tokens * heads);
    steps(rows, tokens, stepSizes, decays);
    int b = rows.xbcOffset() + inner;
    int c = b + shape.groupWidth();
    ScanInput in =
        new ScanInput(
            rows.xbc(), rows.xbcOffset(), b, c, rows.xbcStride(), stepSizes, decays, skip);
    long updates = (long) tokens * shape.headDim() * shape.stateSize();
    if (Shares.alone(scratch, heads, updates / UPDATES_A_VALUE)) {
      Kernels.scan(shape, in, tokens, state, y, yOffset);
    } else {
      Shares.run(
          scratch,
          heads,
          1,
          updates / UPDATES_A_VALUE,
          (from, to, own) -> Kernels.scan(shape, in, tokens, from, to - from, state, y, yOffset));
    }
    if (Shares.alone(scratch, tokens, inner)) {
      gate(rows, 0, tokens, y, yOffset, scratch);
    } else {
      Shares.run(
          scratch, tokens, 1, inner, (from, to, own) -> gate(rows, from, to, y, yOffset, own));
    }
  }

  /** The gated norm of some tokens. */
  // size: arrays and offsets instead of views, nothing is allocated per token
  private void gate(Rows rows, int from, int to, float[] y, int yOffset, Scratch scratch) {
    int inner = shape.inner();
    for (int t = from; t < to; t++) {
      int at = yOffset + t * inner;
      int z = rows.zOffset() + t * rows.stride();
      Kernels.siluTimes(rows.projected(), z, y, at, y, at, inner);
    }
    int first = yOffset + from * inner;
    Kernels.rmsNorm(y, first, to - from, normWeight, shape.groups(), eps, y, first, scratch);
  }

  /** dt = softplus(dt + bias) and a = exp(A dt), {@code [tokens, heads]} each. */
  private void steps(Rows rows, int tokens, float[] stepSizes, float[] decays) {
    int heads = shape.heads();
    for (int t = 0; t < tokens; t++) {
      int raw = rows.dtOffset() + t * rows.stride();
      for (int h = 0; h < heads; h++) {
        stepSizes[t * heads + h] = rows.projected()[raw + h] + steps.bias()[h];
      }
    }
    Kernels.softplus(stepSizes, 0, tokens * heads);
    for (int i = 0; i < tokens * heads; i++) {
      stepSizes[i] = Math.min(Math.max(stepSizes[i], steps.least()), steps.most());
      decays[i] = rates[i % heads] * stepSizes[i];
    }
    Kernels.exp(decays, 0, tokens * heads);
  }
}
