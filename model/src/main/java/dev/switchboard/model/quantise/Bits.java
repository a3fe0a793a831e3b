package dev.switchboard.model.quantise;

/** Little-endian numbers in byte arrays. */
final class Bits {
  /** Added to a number below 2^22 it leaves no bits for a fraction; subtracted, a whole number. */
  private static final float ROUNDER = 0x1.8p23f;

  private Bits() {}

  static void whole(byte[] out, int at, int value) {
    out[at] = (byte) value;
    out[at + 1] = (byte) (value >>> 8);
    out[at + 2] = (byte) (value >>> 16);
    out[at + 3] = (byte) (value >>> 24);
  }

  static void shorts(byte[] out, int at, short value) {
    out[at] = (byte) value;
    out[at + 1] = (byte) (value >>> 8);
  }

  /**
   * Stores an F16 and returns what it is worth.
   *
   * @throws ArithmeticException if it is beyond the largest F16
   */
  static float half(byte[] out, int at, float value) {
    short half = Float.floatToFloat16(value);
    float worth = Float.float16ToFloat(half);
    if (!Float.isFinite(worth)) {
      throw new ArithmeticException(value + " is beyond the largest F16, 65504");
    }
    shorts(out, at, half);
    return worth;
  }

  /** To the nearest whole number (the even one of two), kept within bounds below 2^22. */
  static float nearest(float value, float least, float most) {
    return Math.max(least, Math.min(most, value)) + ROUNDER - ROUNDER;
  }
}
