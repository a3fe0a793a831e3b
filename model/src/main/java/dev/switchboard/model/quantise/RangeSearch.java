package dev.switchboard.model.quantise;

/**
 * Scale and minimum of a sub-block: value = scale code - minimum, codes from 0 to {@code most}. Of
 * trial scales around the one that fits the values' range, each improved (with its minimum) by
 * weighted least squares, the pair of least error; an element's weight is its magnitude plus the
 * root mean square of all.
 *
 * @param first what is added to {@code most} in the first trial; each later one adds a tenth
 * @param trials how many after the first, beside the plain range
 */
record RangeSearch(int most, float first, int trials) {
  private static final float STEP = 0.1f;

  /** The minimum is subtracted; neither is negative. */
  record Range(float scale, float minimum) {}

  Range find(float[] in, int from, int elements) {
    Sums sums = Sums.of(in, from, elements);
    if (sums.high == sums.low) {
      return new Range(0, -sums.low);
    }
    float scale = 1 / (most / (sums.high - sums.low));
    sums.round(this, most / (sums.high - sums.low));
    float best = sums.error(scale, sums.low);
    for (int trial = 0; trial <= trials; trial++) {
      sums.round(this, (first + STEP * trial + most) / (sums.high - sums.low));
      if (!sums.fit()) {
        continue;
      }
      float error = sums.error(sums.scale, sums.minimum);
      if (error < best) {
        best = error;
        scale = sums.scale;
        // Later trials begin from the better minimum.
        sums.low = sums.minimum;
      }
    }
    return new Range(scale, -sums.low);
  }

  /** One sub-block's values, weights and sums; {@link #fit} leaves its answer here. */
  private static final class Sums {
    private final float[] in;
    private final int from;
    private final float[] weights;
    private final float[] codes;
    private float low;
    private float high;
    private float weightSum;
    private float valueSum;
    private float scale;
    private float minimum;

    private Sums(float[] in, int from, int elements) {
      this.in = in;
      this.from = from;
      this.weights = new float[elements];
      this.codes = new float[elements];
    }

    static Sums of(float[] in, int from, int elements) {
      Sums sums = new Sums(in, from, elements);
      float squares = 0;
      for (int i = 0; i < elements; i++) {
        squares += in[from + i] * in[from + i];
      }
      float typical = (float) Math.sqrt(squares / elements);
      sums.low = in[from];
      sums.high = in[from];
      for (int i = 0; i < elements; i++) {
        float value = in[from + i];
        float weight = typical + Math.abs(value);
        sums.weights[i] = weight;
        sums.low = Math.min(sums.low, value);
        sums.high = Math.max(sums.high, value);
        sums.weightSum += weight;
        sums.valueSum += weight * value;
      }
      // The minimum is stored as something to subtract, never to add.
      sums.low = Math.min(sums.low, 0);
      return sums;
    }

    /** The codes that an inverse scale gives. */
    void round(RangeSearch search, float inverse) {
      for (int i = 0; i < codes.length; i++) {
        codes[i] = Bits.nearest(inverse * (in[from + i] - low), 0, search.most);
      }
    }

    /** The scale and minimum of least error for these codes. */
    boolean fit() {
      float codeSum = 0;
      float codeCode = 0;
      float valueCode = 0;
      for (int i = 0; i < codes.length; i++) {
        float weightCode = weights[i] * codes[i];
        codeSum += weightCode;
        codeCode += weightCode * codes[i];
        valueCode += weightCode * in[from + i];
      }
      float determinant = weightSum * codeCode - codeSum * codeSum;
      if (!(determinant > 0)) {
        return false;
      }
      scale = (weightSum * valueCode - valueSum * codeSum) / determinant;
      minimum = (codeCode * valueSum - codeSum * valueCode) / determinant;
      if (minimum > 0) {
        minimum = 0;
        scale = valueCode / codeCode;
      }
      return true;
    }

    /** Weighted squares of what is lost with these codes. */
    float error(float byScale, float byMinimum) {
      float error = 0;
      for (int i = 0; i < codes.length; i++) {
        float lost = byScale * codes[i] + byMinimum - in[from + i];
        error += weights[i] * (lost * lost);
      }
      return error;
    }
  }
}
