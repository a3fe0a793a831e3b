package dev.switchboard.model.quantise;

/**
 * Makes one block of 32 elements. The types without a minimum give the element of largest magnitude
 * the lowest code, which reaches one step further than the highest.
 */
final class SmallQuants {
  private static final int ELEMENTS = 32;
  private static final int HALF = 16;

  private SmallQuants() {}

  static void q8(float[] in, int from, byte[] out, int to) {
    float scale = Math.abs(extreme(in, from)) / 127;
    float inverse = scale == 0 ? 0 : 1 / scale;
    Bits.half(out, to, scale);
    for (int i = 0; i < ELEMENTS; i++) {
      // Halves away from zero, as the reference; in double the sum is exact.
      double value = in[from + i] * inverse;
      out[to + 2 + i] = (byte) (value + Math.copySign(0.5, value));
    }
  }

  static void q4(float[] in, int from, byte[] out, int to) {
    float scale = extreme(in, from) / -8;
    float inverse = scale == 0 ? 0 : 1 / scale;
    Bits.half(out, to, scale);
    for (int j = 0; j < HALF; j++) {
      int low = code(in[from + j] * inverse, 8.5f, 15);
      int high = code(in[from + j + HALF] * inverse, 8.5f, 15);
      out[to + 2 + j] = (byte) (low | high << 4);
    }
  }

  static void q5(float[] in, int from, byte[] out, int to) {
    float scale = extreme(in, from) / -16;
    float inverse = scale == 0 ? 0 : 1 / scale;
    Bits.half(out, to, scale);
    int fifth = 0;
    for (int j = 0; j < HALF; j++) {
      int low = code(in[from + j] * inverse, 16.5f, 31);
      int high = code(in[from + j + HALF] * inverse, 16.5f, 31);
      out[to + 6 + j] = (byte) (low & 15 | high << 4);
      fifth |= low >> 4 << j | high >> 4 << (j + HALF);
    }
    Bits.whole(out, to + 2, fifth);
  }

  static void q4WithMinimum(float[] in, int from, byte[] out, int to) {
    float minimum = least(in, from);
    float scale = (most(in, from) - minimum) / 15;
    float inverse = scale == 0 ? 0 : 1 / scale;
    Bits.half(out, to, scale);
    Bits.half(out, to + 2, minimum);
    for (int j = 0; j < HALF; j++) {
      int low = code((in[from + j] - minimum) * inverse, 0.5f, 15);
      int high = code((in[from + j + HALF] - minimum) * inverse, 0.5f, 15);
      out[to + 4 + j] = (byte) (low | high << 4);
    }
  }

  static void q5WithMinimum(float[] in, int from, byte[] out, int to) {
    float minimum = least(in, from);
    float scale = (most(in, from) - minimum) / 31;
    float inverse = scale == 0 ? 0 : 1 / scale;
    Bits.half(out, to, scale);
    Bits.half(out, to + 2, minimum);
    int fifth = 0;
    for (int j = 0; j < HALF; j++) {
      int low = code((in[from + j] - minimum) * inverse, 0.5f, 31);
      int high = code((in[from + j + HALF] - minimum) * inverse, 0.5f, 31);
      out[to + 8 + j] = (byte) (low & 15 | high << 4);
      fifth |= low >> 4 << j | high >> 4 << (j + HALF);
    }
    Bits.whole(out, to + 4, fifth);
  }

  private static int code(float steps, float offset, int most) {
    return Math.clamp((int) (steps + offset), 0, most);
  }

  /** The first element of largest magnitude, with its sign. */
  private static float extreme(float[] in, int from) {
    float extreme = 0;
    for (int i = from; i < from + ELEMENTS; i++) {
      if (Math.abs(in[i]) > Math.abs(extreme)) {
        extreme = in[i];
      }
    }
    return extreme;
  }

  private static float least(float[] in, int from) {
    float least = in[from];
    for (int i = from + 1; i < from + ELEMENTS; i++) {
      least = Math.min(least, in[i]);
    }
    return least;
  }

  private static float most(float[] in, int from) {
    float most = in[from];
    for (int i = from + 1; i < from + ELEMENTS; i++) {
      most = Math.max(most, in[i]);
    }
    return most;
  }
}
