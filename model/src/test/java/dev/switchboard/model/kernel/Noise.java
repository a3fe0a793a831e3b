package dev.switchboard.model.kernel;

/** Repeatable noise that depends on no library: xorshift, to floats that are exact. */
public final class Noise {
  private long state;

  public Noise(long seed) {
    this.state = seed * 0x9e3779b97f4a7c15L + 1;
  }

  public int nextInt() {
    state ^= state << 13;
    state ^= state >>> 7;
    state ^= state << 17;
    return (int) (state >>> 16);
  }

  /** In [-1, 1), a multiple of 2^-16. */
  public float nextFloat() {
    return (nextInt() >> 15) * 0x1p-16f;
  }

  /** n values in [-scale, scale). */
  public float[] floats(int n, float scale) {
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = nextFloat() * scale;
    }
    return values;
  }
}
