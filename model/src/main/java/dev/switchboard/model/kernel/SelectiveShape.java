package dev.switchboard.model.kernel;

/**
 * Sizes of a Mamba-1 recurrence.
 *
 * @param inner channels, each with its own decays and step size
 * @param stateSize N: state values of a channel
 */
public record SelectiveShape(int inner, int stateSize) {
  /** Channels that lie side by side in states and decays: [tile][stateSize][TILE]. */
  public static final int TILE = 16;

  public SelectiveShape {
    if (inner < 1 || stateSize < 1) {
      throw new IllegalArgumentException(
          "inner " + inner + ", stateSize " + stateSize + "; expected both at least 1");
    }
  }

  /** Floats that hold the state, padding included. */
  public int stateFloats() {
    return Math.multiplyExact(Math.ceilDiv(inner, TILE) * TILE, stateSize);
  }

  /** Where state value (channel, n) lies. */
  public int stateIndex(int channel, int n) {
    return (channel / TILE * stateSize + n) * TILE + channel % TILE;
  }

  /** {@code [inner, stateSize]} in the kernels' order; the padding is zero. */
  public float[] toTiled(float[] plain) {
    if (plain.length != (long) inner * stateSize) {
      throw new IllegalArgumentException(plain.length + " values for " + this);
    }
    float[] tiled = new float[stateFloats()];
    for (int i = 0; i < plain.length; i++) {
      tiled[stateIndex(i / stateSize, i % stateSize)] = plain[i];
    }
    return tiled;
  }

  /** The reverse of {@link #toTiled}. */
  public float[] toRowMajor(float[] tiled) {
    float[] plain = new float[Math.multiplyExact(inner, stateSize)];
    for (int i = 0; i < plain.length; i++) {
      plain[i] = tiled[stateIndex(i / stateSize, i % stateSize)];
    }
    return plain;
  }
}
