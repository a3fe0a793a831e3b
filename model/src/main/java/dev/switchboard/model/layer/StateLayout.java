package dev.switchboard.model.layer;

import dev.switchboard.model.kernel.ScanShape;

/**
 * Between the kernels' tiled order of a recurrent state and {@code [heads, headDim, stateSize]}.
 */
public final class StateLayout {
  private StateLayout() {}

  /** A new {@code [heads, headDim, stateSize]} array. */
  public static float[] toRowMajor(ScanShape shape, float[] tiled) {
    float[] plain = new float[shape.stateValues()];
    int at = 0;
    for (int head = 0; head < shape.heads(); head++) {
      for (int channel = 0; channel < shape.headDim(); channel++) {
        for (int n = 0; n < shape.stateSize(); n++) {
          plain[at++] = tiled[shape.stateIndex(head, channel, n)];
        }
      }
    }
    return plain;
  }

  /** A new array in the kernels' order; its padding is zero. */
  public static float[] toTiled(ScanShape shape, float[] plain) {
    if (plain.length != shape.stateValues()) {
      throw new IllegalArgumentException(
          plain.length + " state values; " + shape + " has " + shape.stateValues());
    }
    float[] tiled = new float[shape.stateFloats()];
    int at = 0;
    for (int head = 0; head < shape.heads(); head++) {
      for (int channel = 0; channel < shape.headDim(); channel++) {
        for (int n = 0; n < shape.stateSize(); n++) {
          tiled[shape.stateIndex(head, channel, n)] = plain[at++];
        }
      }
    }
    return tiled;
  }
}
