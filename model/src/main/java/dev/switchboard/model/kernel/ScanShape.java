package dev.switchboard.model.kernel;

/**
 * Sizes of a Mamba-2 recurrence.
 *
 * @param heads each with its own decay and step size
 * @param headDim channels of a head
 * @param stateSize N: state values of a channel
 * @param groups each with its own B and C; divides {@code heads}
 */
public record ScanShape(int heads, int headDim, int stateSize, int groups) {
  /** Channels that lie side by side in the state: [tile][stateSize][TILE]. */
  static final int TILE = 16;

  public ScanShape {
    if (heads < 1 || headDim < 1 || stateSize < 1 || groups < 1 || heads % groups != 0) {
      throw new IllegalArgumentException(
          "heads "
              + heads
              + ", headDim "
              + headDim
              + ", stateSize "
              + stateSize
              + ", groups "
              + groups
              + "; expected all at least 1 and groups dividing heads");
    }
  }

  /** Channels of all heads. */
  public int inner() {
    return heads * headDim;
  }

  /** Width of B, and of C: all groups. */
  public int groupWidth() {
    return groups * stateSize;
  }

  /** Floats that hold the state, padding included. */
  public int stateFloats() {
    return Math.multiplyExact(Math.multiplyExact(heads, tiles()), stateSize * TILE);
  }

  /** Values of the state itself: heads x headDim x stateSize. */
  public int stateValues() {
    return Math.multiplyExact(inner(), stateSize);
  }

  /** Where state value (head, channel, n) lies. */
  public int stateIndex(int head, int channel, int n) {
    return tileOffset(head, channel / TILE) + n * TILE + channel % TILE;
  }

  int tiles() {
    return (headDim + TILE - 1) / TILE;
  }

  int tileOffset(int head, int tile) {
    return (head * tiles() + tile) * stateSize * TILE;
  }
}
