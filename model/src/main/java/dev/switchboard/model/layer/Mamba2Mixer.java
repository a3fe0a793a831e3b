package dev.switchboard.model.layer;

import dev.switchboard.model.kernel.Kernels;
import dev.switchboard.model.kernel.ScanShape;
import dev.switchboard.model.kernel.Scratch;
import dev.switchboard.model.kernel.Scratch.Slot;

/**
 * A Mamba-2 mixer: in_proj gives [z | x | B | C | dt]; x, B and C pass a causal convolution with
 * silu; then {@link Mamba2Core}; then out_proj. The projections are one product over all rows of a
 * step, the rest goes sequence by sequence.
 */
public final class Mamba2Mixer implements Mixer {
  private final Mamba2Core core;
  private final Linear inProjection;
  private final float[] convWeight;
  private final float[] convBias;
  private final int kernel;
  private final Linear outProjection;

  /**
   * @param inProjection {@code [2 * inner + 2 * groups * stateSize + heads, dModel]}
   * @param convWeight {@code [channels, kernel]}, newest input last; channels are x, B and C
   * @param convBias {@code [channels]}
   * @param outProjection {@code [dModel, inner]}
   */
  public Mamba2Mixer(
      Mamba2Core core,
      Linear inProjection,
      float[] convWeight,
      float[] convBias,
      Linear outProjection) {
    ScanShape shape = core.shape();
    int channels = shape.inner() + 2 * shape.groupWidth();
    int projected = shape.inner() + channels + shape.heads();
    if (inProjection.out() != projected
        || outProjection.in() != shape.inner()
        || outProjection.out() != inProjection.in()) {
      throw new IllegalArgumentException(
          shape
              + " needs in_proj of "
              + projected
              + " rows and out_proj of "
              + shape.inner()
              + " columns; was given "
              + inProjection
              + " and "
              + outProjection);
    }
    this.core = core;
    this.inProjection = inProjection;
    this.outProjection = outProjection;
    this.convBias = Shapes.check("conv1d.bias", convBias, channels).clone();
    this.kernel = convWeight.length / channels;
    if (kernel < 1) {
      throw new IllegalArgumentException("conv1d.weight has " + convWeight.length + " values");
    }
    Shapes.check("conv1d.weight", convWeight, channels * kernel);
    this.convWeight = transpose(convWeight, channels, kernel);
  }

  private static float[] transpose(float[] values, int rows, int columns) {
    float[] out = new float[values.length];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        out[c * rows + r] = values[r * columns + c];
      }
    }
    return out;
  }

  @Override
  public Mamba2State newState(SequenceMemory memory) {
    return new Mamba2State(
        core.shape(),
        new float[(kernel - 1) * convBias.length],
        new float[core.shape().stateFloats()]);
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  @Override
  public void forward(
      float[] in, int[] starts, int segments, MixerState[] states, float[] out, Scratch scratch) {
    int rows = starts[segments];
    int inner = core.shape().inner();
    float[] projected = scratch.floats(Slot.PROJECTION, rows * inProjection.out());
    inProjection.forward(in, 0, rows, projected, 0, scratch);
    float[] y = scratch.floats(Slot.SCAN_OUTPUT, rows * inner);
    for (int i = 0; i < segments; i++) {
      mix(projected, starts[i], starts[i + 1] - starts[i], (Mamba2State) states[i], y, scratch);
    }
    outProjection.forward(y, 0, rows, out, 0, scratch);
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  private void mix(
      float[] projected, int firstRow, int tokens, Mamba2State state, float[] y, Scratch scratch) {
    int width = inProjection.out();
    int inner = core.shape().inner();
    int channels = convBias.length;
    int row = firstRow * width;
    float[] window = scratch.floats(Slot.CONV_WINDOW, (kernel - 1 + tokens) * channels);
    float[] convolved = scratch.floats(Slot.CONV_OUTPUT, tokens * channels);
    int past = state.convolution.length;
    System.arraycopy(state.convolution, 0, window, 0, past);
    for (int t = 0; t < tokens; t++) {
      System.arraycopy(projected, row + t * width + inner, window, past + t * channels, channels);
    }
    Kernels.convSilu(window, convWeight, convBias, kernel, tokens, convolved, 0);
    System.arraycopy(window, tokens * channels, state.convolution, 0, past);
    Mamba2Core.Rows rows =
        new Mamba2Core.Rows(convolved, 0, channels, projected, row, row + inner + channels, width);
    core.forward(rows, tokens, state.recurrent, y, firstRow * inner, scratch);
  }
}
