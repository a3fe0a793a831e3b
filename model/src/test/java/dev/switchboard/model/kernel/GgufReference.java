package dev.switchboard.model.kernel;

import dev.switchboard.model.kernel.PackedMatrix.Format;

/**
 * GGUF's block types, widened value by value as ggml's {@code dequantize_row_*} functions define
 * them: slow, and written without a look at the packing that it tests.
 */
final class GgufReference {
  private static final int[] MXFP4 = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

  private GgufReference() {}

  static float[] widen(Format format, byte[] b, int values) {
    float[] y = new float[values];
    int blocks = values / format.blockElements();
    for (int i = 0; i < blocks; i++) {
      int at = i * format.blockBytes();
      int to = i * format.blockElements();
      switch (format) {
        case Q8_0 -> {
          for (int j = 0; j < 32; j++) {
            y[to + j] = half(b, at) * b[at + 2 + j];
          }
        }
        case Q4_0 -> small(b, half(b, at), 0f, at + 2, -1, -8, y, to);
        case Q4_1 -> small(b, half(b, at), half(b, at + 2), at + 4, -1, 0, y, to);
        case Q5_0 -> small(b, half(b, at), 0f, at + 6, at + 2, -16, y, to);
        case Q5_1 -> small(b, half(b, at), half(b, at + 2), at + 8, at + 4, 0, y, to);
        case Q2_K -> q2k(b, at, y, to);
        case Q3_K -> q3k(b, at, y, to);
        case Q4_K -> q45k(b, at, at + 16, -1, y, to);
        case Q5_K -> q45k(b, at, at + 48, at + 16, y, to);
        case Q6_K -> q6k(b, at, y, to);
        case MXFP4 -> mxfp4(b, at, y, to);
        default -> throw new IllegalArgumentException(format.toString());
      }
    }
    return y;
  }

  private static float half(byte[] b, int at) {
    return Float.float16ToFloat((short) (b[at] & 0xff | b[at + 1] << 8));
  }

  private static int at(byte[] b, int i) {
    return b[i] & 0xff;
  }

  // size: the parts of a block
  private static void small(
      byte[] b, float d, float m, int codes, int high, int bias, float[] y, int to) {
    boolean hasMinimum = bias == 0;
    for (int j = 0; j < 32; j++) {
      int q = j < 16 ? at(b, codes + j) & 15 : at(b, codes + j - 16) >> 4;
      if (high >= 0) {
        q |= (at(b, high + j / 8) >> j % 8 & 1) << 4;
      }
      y[to + j] = hasMinimum ? d * q + m : d * (q + bias);
    }
  }

  private static void mxfp4(byte[] b, int at, float[] y, int to) {
    float d = (float) Math.scalb(1.0, at(b, at) - 128);
    for (int j = 0; j < 16; j++) {
      y[to + j] = MXFP4[at(b, at + 1 + j) & 15] * d;
      y[to + j + 16] = MXFP4[at(b, at + 1 + j) >> 4] * d;
    }
  }

  private static void q2k(byte[] b, int at, float[] y, int to) {
    float d = half(b, at + 80);
    float min = half(b, at + 82);
    int is = 0;
    int out = to;
    for (int n = 0; n < 256; n += 128) {
      int q = at + 16 + n / 4;
      for (int shift = 0; shift < 8; shift += 2) {
        for (int part = 0; part < 32; part += 16) {
          int sc = at(b, at + is++);
          float dl = d * (sc & 15);
          float ml = min * (sc >> 4);
          for (int l = 0; l < 16; l++) {
            y[out++] = dl * (at(b, q + part + l) >> shift & 3) - ml;
          }
        }
      }
    }
  }

  private static void q3k(byte[] b, int at, float[] y, int to) {
    float d = half(b, at + 108);
    int[] scales = new int[16];
    for (int j = 0; j < 16; j++) {
      int low = j < 8 ? at(b, at + 96 + j) & 15 : at(b, at + 96 + j - 8) >> 4;
      int high = at(b, at + 104 + j % 4) >> 2 * (j / 4) & 3;
      scales[j] = (low | high << 4) - 32;
    }
    int is = 0;
    int out = to;
    int mask = 1;
    for (int n = 0; n < 256; n += 128) {
      int q = at + 32 + n / 4;
      for (int shift = 0; shift < 8; shift += 2) {
        for (int part = 0; part < 32; part += 16) {
          float dl = d * scales[is++];
          for (int l = 0; l < 16; l++) {
            int code = at(b, q + part + l) >> shift & 3;
            y[out++] = dl * (code - ((at(b, at + part + l) & mask) != 0 ? 0 : 4));
          }
        }
        mask <<= 1;
      }
    }
  }

  /** Q4_K, and Q5_K where there are high bits. */
  private static void q45k(byte[] b, int at, int codes, int high, float[] y, int to) {
    float d = half(b, at);
    float min = half(b, at + 2);
    int out = to;
    for (int j = 0; j < 8; j++) {
      int q = at + 4;
      int sc = j < 4 ? at(b, q + j) & 63 : at(b, q + j + 4) & 15 | at(b, q + j - 4) >> 6 << 4;
      int m = j < 4 ? at(b, q + j + 4) & 63 : at(b, q + j + 4) >> 4 | at(b, q + j) >> 6 << 4;
      for (int l = 0; l < 32; l++) {
        int code = at(b, codes + j / 2 * 32 + l) >> j % 2 * 4 & 15;
        if (high >= 0) {
          code += (at(b, high + l) >> j & 1) * 16;
        }
        y[out++] = d * sc * code - min * m;
      }
    }
  }

  private static void q6k(byte[] b, int at, float[] y, int to) {
    float d = half(b, at + 208);
    for (int n = 0; n < 2; n++) {
      int ql = at + 64 * n;
      int qh = at + 128 + 32 * n;
      int sc = at + 192 + 8 * n;
      for (int l = 0; l < 32; l++) {
        int h = at(b, qh + l);
        int[] q = {
          at(b, ql + l) & 15 | (h & 3) << 4,
          at(b, ql + l + 32) & 15 | (h >> 2 & 3) << 4,
          at(b, ql + l) >> 4 | (h >> 4 & 3) << 4,
          at(b, ql + l + 32) >> 4 | (h >> 6 & 3) << 4
        };
        for (int part = 0; part < 4; part++) {
          y[to + 128 * n + 32 * part + l] = d * b[sc + l / 16 + 2 * part] * (q[part] - 32);
        }
      }
    }
  }
}
