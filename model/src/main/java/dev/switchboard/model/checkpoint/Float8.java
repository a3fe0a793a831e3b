package dev.switchboard.model.checkpoint;

/** Eight-bit floats, widened exactly (OCP 8-bit floating point specification, revision 1.0). */
final class Float8 {
  private static final float[] E4M3 = new float[256];

  static {
    for (int code = 0; code < E4M3.length; code++) {
      E4M3[code] = decodeE4m3(code);
    }
  }

  private Float8() {}

  /**
   * Sign, four bits of exponent (bias 7), three of mantissa; no infinity, 0x7f and 0xff are NaN.
   */
  static float fromE4m3(byte code) {
    return E4M3[code & 0xff];
  }

  /** The upper byte of an F16. */
  static float fromE5m2(byte code) {
    return Float.float16ToFloat((short) (code << 8));
  }

  private static float decodeE4m3(int code) {
    int exponent = (code >> 3) & 15;
    int mantissa = code & 7;
    float magnitude;
    if (exponent == 15 && mantissa == 7) {
      magnitude = Float.NaN;
    } else if (exponent == 0) {
      magnitude = mantissa * 0x1p-9f;
    } else {
      magnitude = Math.scalb(8 + mantissa, exponent - 10);
    }
    return (code & 0x80) == 0 ? magnitude : -magnitude;
  }
}
