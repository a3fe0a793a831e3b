package dev.switchboard.model.quantise;

/**
 * The scale of a sub-block without minimum: value = scale code, codes from {@code -most} to {@code
 * most - 1}. Of nineteen trial scales near the one that fits the largest magnitude, each improved
 * by least squares, the one of least error; an element's weight is its square.
 */
final class SymmetricSearch {
  /** Magnitudes below count as nothing: their inverse would not be finite. */
  private static final float NOTHING = 1e-15f;

  private static final int TRIALS = 9;

  private SymmetricSearch() {}

  static float scale(float[] in, int from, int elements, int most) {
    float extreme = 0;
    for (int i = from; i < from + elements; i++) {
      if (Math.abs(in[i]) > Math.abs(extreme)) {
        extreme = in[i];
      }
    }
    if (Math.abs(extreme) < NOTHING) {
      return 0;
    }
    float best = 0;
    float scale = 0;
    for (int trial = 0; trial <= 2 * TRIALS; trial++) {
      // The plain one first, then -9 to -1, then 1 to 9.
      int step = trial == 0 ? 0 : trial <= TRIALS ? trial - 1 - TRIALS : trial - TRIALS;
      float inverse = -(most + 0.1f * step) / extreme;
      float valueCode = 0;
      float codeCode = 0;
      for (int i = from; i < from + elements; i++) {
        float value = in[i];
        float code = Bits.nearest(inverse * value, -most, most - 1);
        float weight = value * value;
        valueCode += weight * value * code;
        codeCode += weight * code * code;
      }
      // Less error = more of the values' square sum explained, valueCode² / codeCode.
      if (trial == 0) {
        scale = codeCode > 0 ? valueCode / codeCode : 0;
        best = scale * valueCode;
      } else if (codeCode > 0 && valueCode * valueCode > best * codeCode) {
        scale = valueCode / codeCode;
        best = scale * valueCode;
      }
    }
    return scale;
  }
}
