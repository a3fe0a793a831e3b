package dev.switchboard.model.kernel;

/**
 * The recurrence of Mamba-1 (S6), checked: over consecutive tokens of one sequence, for each
 * channel c and state n
 *
 * <pre>
 * h = fma(exp(dt A), h, (dt x) B);   y = fma(D, x, sum over n ascending, from +0, of fma(h, C))
 * </pre>
 *
 * <p>A prompt goes through it token by token too: any cut into calls gives the same bits. exp is
 * our own polynomial (see {@link Kernels}).
 */
public final class SelectiveScan {
  private static final SelectiveSet SET =
      KernelChoice.vectors() ? Vector.make() : new ScalarSelectiveScan();

  private SelectiveScan() {}

  /** Loaded only where the vector module is. */
  private static final class Vector {
    static SelectiveSet make() {
      return new VectorSelectiveScan();
    }
  }

  /**
   * Moves the state by some tokens.
   *
   * @param a A {@code [inner, stateSize]} in the kernels' order ({@link SelectiveShape#toTiled})
   * @param skip D {@code [inner]}
   * @param state {@code shape.stateFloats()}, read and replaced
   * @param y {@code [tokens, inner]}
   */
  // size: arrays and offsets instead of views, nothing is allocated per call
  public static void run(
      SelectiveShape shape,
      SelectiveInput in,
      int tokens,
      float[] a,
      float[] skip,
      float[] state,
      float[] y,
      int yOffset) {
    run(shape, in, tokens, 0, shape.inner(), a, skip, state, y, yOffset);
  }

  /**
   * The same for some channels; the state and y of the others are left as they are.
   *
   * @param firstChannel a multiple of 16
   */
  // size: arrays and offsets instead of views, nothing is allocated per call
  public static void run(
      SelectiveShape shape,
      SelectiveInput in,
      int tokens,
      int firstChannel,
      int channels,
      float[] a,
      float[] skip,
      float[] state,
      float[] y,
      int yOffset) {
    int inner = shape.inner();
    if (firstChannel < 0
        || firstChannel % SelectiveShape.TILE != 0
        || channels < 0
        || firstChannel + channels > inner) {
      throw new IllegalArgumentException(
          channels + " channels from channel " + firstChannel + " on of " + shape);
    }
    int last = Math.max(tokens - 1, 0) * in.stride();
    Kernels.check("x", in.x(), in.xOffset(), tokens, inner, shape);
    Kernels.check("dt", in.steps(), in.stepsOffset(), tokens, inner, shape);
    Kernels.check("B", in.selected(), in.bOffset() + last, 1, shape.stateSize(), shape);
    Kernels.check("C", in.selected(), in.cOffset() + last, 1, shape.stateSize(), shape);
    Kernels.check("A", a, 0, 1, shape.stateFloats(), shape);
    Kernels.check("D", skip, 0, 1, inner, shape);
    Kernels.check("state", state, 0, 1, shape.stateFloats(), shape);
    Kernels.check("y", y, yOffset, tokens, inner, shape);
    SET.run(shape, in, tokens, firstChannel, channels, a, skip, state, y, yOffset);
  }
}
