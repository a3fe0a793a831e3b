package dev.switchboard.model.kernel;

/**
 * Our own functions, one element at a time. {@link VectorMath} is the same, operation by operation;
 * change both or neither, and with them {@code Arithmetic.VERSION}.
 */
final class ScalarMath {
  static final float EXP_LOW = -87.3f;
  static final float EXP_HIGH = 88.7f;
  static final float LOG2_E = 0x1.715476p0f;

  /** 1.5 * 2^23: adding it rounds to an integer, half to even, and leaves that in the low bits. */
  static final float ROUND = 0x1.8p23f;

  /** ln 2 in two parts; the first has few bits. */
  static final float LN2_HIGH = 0x1.63p-1f;

  static final float LN2_LOW = -0x1.bd0106p-13f;

  /** (e^r - 1 - r) / r^2 on [-ln2/2, ln2/2], relative error of e^r 1e-8. */
  static final float E2 = 0.5f;

  static final float E3 = 0x1.5554dcp-3f;
  static final float E4 = 0x1.555518p-5f;
  static final float E5 = 0x1.120be2p-7f;
  static final float E6 = 0x1.6d117cp-10f;

  private ScalarMath() {}

  /** e^x: below -87.3 +0, above 88.7 infinity, NaN stays NaN; relative error below 1.5e-7. */
  static float exp(float x) {
    if (Float.isNaN(x)) {
      return x;
    }
    if (x < EXP_LOW) {
      return 0f;
    }
    if (x > EXP_HIGH) {
      return Float.POSITIVE_INFINITY;
    }
    float shifted = Math.fma(x, LOG2_E, ROUND);
    float n = shifted - ROUND;
    float r = Math.fma(n, -LN2_HIGH, x);
    r = Math.fma(n, -LN2_LOW, r);
    float p = Math.fma(E6, r, E5);
    p = Math.fma(p, r, E4);
    p = Math.fma(p, r, E3);
    p = Math.fma(p, r, E2);
    p = Math.fma(p, r * r, r) + 1f;
    return Float.intBitsToFloat(
        Float.floatToRawIntBits(p) + (Float.floatToRawIntBits(shifted) << 23));
  }

  /** x / (1 + e^-x). */
  static float silu(float x) {
    return x / (1f + exp(-x));
  }

  /** 1 / (1 + e^-x). */
  static float sigmoid(float x) {
    return 1f / (1f + exp(-x));
  }

  /** Twice sqrt(2 / pi). */
  static final float GELU_LINEAR = 1.5957691216057308f;

  /** 0.044715 times that. */
  static final float GELU_CUBIC = 0.07135481282718285f;

  /** gelu in its tanh form; (1 + tanh t) / 2 is 1 / (1 + e^(-2 t)), which loses no digits. */
  static float gelu(float x) {
    return x / (1f + exp(-(Math.fma(x * x, GELU_CUBIC, GELU_LINEAR) * x)));
  }

  /** ln(1 + e^x) = max(x, 0) + log1p(e^-|x|). */
  static float softplus(float x) {
    return Math.max(x, 0f) + log1pOfUnit(exp(-Math.abs(x)));
  }

  /** ln(1 + u) for u in [0, 1]: 2 artanh(s), s = u / (2 + u) <= 1/3, by its series. */
  static float log1pOfUnit(float u) {
    float s = u / (u + 2f);
    float q = s * s;
    float p = Math.fma(L15, q, L13);
    p = Math.fma(p, q, L11);
    p = Math.fma(p, q, L9);
    p = Math.fma(p, q, L7);
    p = Math.fma(p, q, L5);
    p = Math.fma(p, q, L3);
    return Math.fma(p * q, s + s, s + s);
  }

  static final float L3 = 1f / 3;
  static final float L5 = 1f / 5;
  static final float L7 = 1f / 7;
  static final float L9 = 1f / 9;
  static final float L11 = 1f / 11;
  static final float L13 = 1f / 13;
  static final float L15 = 1f / 15;
}
