package dev.switchboard.model.sampling;

/**
 * Sums of a row in the order of the kernels: element i to partial i mod 16, the partials by one
 * fixed tree.
 */
final class LaneSum {
  private static final int LANES = 16;

  private LaneSum() {}

  static float of(float[] values, int count) {
    float[] lanes = new float[LANES];
    for (int i = 0; i < count; i++) {
      lanes[i % LANES] += values[i];
    }
    for (int half = LANES / 2; half > 0; half /= 2) {
      for (int i = 0; i < half; i++) {
        lanes[i] += lanes[i + half];
      }
    }
    return lanes[0];
  }
}
