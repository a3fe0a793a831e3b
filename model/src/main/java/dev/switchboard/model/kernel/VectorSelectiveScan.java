package dev.switchboard.model.kernel;

import static dev.switchboard.model.kernel.VectorShape.FLOATS;
import static dev.switchboard.model.kernel.VectorShape.LANES;

import jdk.incubator.vector.FloatVector;

/** Vector API twin of {@link ScalarSelectiveScan}: lanes are channels, time is outside. */
final class VectorSelectiveScan implements SelectiveSet {
  // size: arrays and offsets instead of views, nothing is allocated per call
  @Override
  public void run(
      SelectiveShape shape,
      SelectiveInput in,
      int tokens,
      float[] a,
      float[] skip,
      float[] state,
      float[] y,
      int yOffset) {
    int inner = shape.inner();
    int whole = inner - inner % LANES;
    for (int t = 0; t < tokens; t++) {
      token(shape, in, t, whole, a, skip, state, y, yOffset + t * inner);
    }
    for (int channel = whole; channel < inner; channel++) {
      ScalarSelectiveScan.channel(shape, in, tokens, a, skip, state, y, yOffset, channel);
    }
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  private static void token(
      SelectiveShape shape,
      SelectiveInput in,
      int t,
      int channels,
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
    for (int channel = 0; channel < channels; channel += LANES) {
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
