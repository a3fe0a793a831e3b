package dev.switchboard.model.kernel;

import static dev.switchboard.model.kernel.VectorShape.FLOATS;
import static dev.switchboard.model.kernel.VectorShape.LANES;

import jdk.incubator.vector.FloatVector;

/**
 * Vector API twin of {@link ScalarSelectiveScan}: lanes are channels, and time is outside of some
 * tiles of them, whose states and decays stay in the first cache meanwhile.
 */
final class VectorSelectiveScan implements SelectiveSet {
  /** Bytes of states and decays that go through time together. */
  private static final int CACHED_BYTES = 16 << 10;

  // size: arrays and offsets instead of views, nothing is allocated per call
  @Override
  public void run(
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
    int end = firstChannel + channels;
    int whole = end - channels % LANES;
    int tile = SelectiveShape.TILE;
    int step = Math.max(1, CACHED_BYTES / (2 * Float.BYTES * shape.stateSize() * tile)) * tile;
    for (int from = firstChannel; from < whole; from += step) {
      int to = Math.min(whole, from + step);
      for (int t = 0; t < tokens; t++) {
        token(shape, in, t, from, to, a, skip, state, y, yOffset + t * inner);
      }
    }
    for (int channel = whole; channel < end; channel++) {
      ScalarSelectiveScan.channel(shape, in, tokens, a, skip, state, y, yOffset, channel);
    }
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  private static void token(
      SelectiveShape shape,
      SelectiveInput in,
      int t,
      int from,
      int to,
      float[] a,
      float[] skip,
      float[] state,
      float[] y,
      int yOffset) {
    float[] selected = in.selected();
    int b = in.bOffset() + t * in.stride();
    int c = in.cOffset() + t * in.stride();
    int row = t * shape.inner();
    int stateSize = shape.stateSize();
    for (int channel = from; channel < to; channel += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, in.x(), in.xOffset() + row + channel);
      FloatVector dt = FloatVector.fromArray(FLOATS, in.steps(), in.stepsOffset() + row + channel);
      FloatVector step = dt.mul(x);
      FloatVector sum = FloatVector.zero(FLOATS);
      int first = shape.stateIndex(channel, 0);
      for (int n = 0; n < stateSize; n++) {
        int at = first + n * SelectiveShape.TILE;
        FloatVector h =
            VectorMath.exp(dt.mul(FloatVector.fromArray(FLOATS, a, at)))
                .fma(
                    FloatVector.fromArray(FLOATS, state, at),
                    step.mul(FloatVector.broadcast(FLOATS, selected[b + n])));
        h.intoArray(state, at);
        sum = h.fma(FloatVector.broadcast(FLOATS, selected[c + n]), sum);
      }
      FloatVector.fromArray(FLOATS, skip, channel).fma(x, sum).intoArray(y, yOffset + channel);
    }
  }
}
