package dev.switchboard.model.kernel;

/** Plain Java; also finishes the channels that do not fill a vector. */
final class ScalarSelectiveScan implements SelectiveSet {
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
    for (int channel = firstChannel; channel < firstChannel + channels; channel++) {
      channel(shape, in, tokens, a, skip, state, y, yOffset, channel);
    }
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  static void channel(
      SelectiveShape shape,
      SelectiveInput in,
      int tokens,
      float[] a,
      float[] skip,
      float[] state,
      float[] y,
      int yOffset,
      int channel) {
    for (int t = 0; t < tokens; t++) {
      int row = t * shape.inner() + channel;
      float x = in.x()[in.xOffset() + row];
      float dt = in.steps()[in.stepsOffset() + row];
      float step = dt * x;
      float sum = 0f;
      for (int n = 0; n < shape.stateSize(); n++) {
        int at = shape.stateIndex(channel, n);
        float b = in.selected()[in.bOffset() + t * in.stride() + n];
        float h = Math.fma(ScalarMath.exp(dt * a[at]), state[at], step * b);
        state[at] = h;
        sum = Math.fma(h, in.selected()[in.cOffset() + t * in.stride() + n], sum);
      }
      y[yOffset + row] = Math.fma(skip[channel], x, sum);
    }
  }
}
