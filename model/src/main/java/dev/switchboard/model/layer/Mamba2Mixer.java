package dev.switchboard.model.layer;

import dev.switchboard.model.kernel.ScanShape;
import dev.switchboard.model.kernel.Scratch;
import dev.switchboard.model.kernel.Scratch.Slot;

/**
 * A Mamba-2 mixer: in_proj gives [z | x | B | C | dt]; x, B and C pass a causal convolution with
 * silu; then {@link Mamba2Core}; then out_proj. The projections are one product over all rows of a
 * step, the rest goes sequence by sequence, shared out over the crew.
 */
public final class Mamba2Mixer implements Mixer {
  private final Mamba2Core core;
  private final Linear inProjection;
  private final CausalConvolution convolution;
  private final Linear outProjection;

  /**
   * @param inProjection {@code [2 * inner + 2 * groups * stateSize + heads, dModel]}
   * @param convolution its channels are x, B and C
   * @param outProjection {@code [dModel, inner]}
   */
  public Mamba2Mixer(
      Mamba2Core core, Linear inProjection, CausalConvolution convolution, Linear outProjection) {
    ScanShape shape = core.shape();
    int channels = shape.inner() + 2 * shape.groupWidth();
    int projected = shape.inner() + channels + shape.heads();
    if (inProjection.out() != projected
        || convolution.channels() != channels
        || outProjection.in() != shape.inner()
        || outProjection.out() != inProjection.in()) {
      throw new IllegalArgumentException(
          "%s needs in_proj of %d rows, a convolution of %d channels and out_proj of %d columns;"
                  .formatted(shape, projected, channels, shape.inner())
              + " was given %s, %d and %s"
                  .formatted(inProjection, convolution.channels(), outProjection));
    }
    this.core = core;
    this.inProjection = inProjection;
    this.convolution = convolution;
    this.outProjection = outProjection;
  }

  @Override
  public RecurrentState newState(SequenceMemory memory) {
    ScanShape shape = core.shape();
    return new RecurrentState(
        convolution.newPast(),
        new float[shape.stateFloats()],
        tiled -> StateLayout.toRowMajor(shape, tiled));
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  @Override
  public void forward(
      float[] in, int[] starts, int segments, MixerState[] states, float[] out, Scratch scratch) {
    int rows = starts[segments];
    int inner = core.shape().inner();
    float[] projected = scratch.floats(Slot.PROJECTION, rows * inProjection.out());
    inProjection.forward(in, 0, rows, projected, 0, scratch);
    int channels = convolution.channels();
    float[] convolved = scratch.floats(Slot.CONV_OUTPUT, rows * channels);
    int width = inProjection.out();
    convolution.forward(projected, inner, width, starts, segments, states, convolved, scratch);
    float[] y = scratch.floats(Slot.SCAN_OUTPUT, rows * inner);
    for (int i = 0; i < segments; i++) {
      int first = starts[i];
      int row = first * width;
      Mamba2Core.Rows of =
          new Mamba2Core.Rows(
              convolved, first * channels, channels, projected, row, row + inner + channels, width);
      float[] state = ((RecurrentState) states[i]).recurrent;
      core.forward(of, starts[i + 1] - first, state, y, first * inner, scratch);
    }
    outProjection.forward(y, 0, rows, out, 0, scratch);
  }
}
