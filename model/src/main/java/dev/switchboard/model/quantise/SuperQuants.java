package dev.switchboard.model.quantise;

import java.util.Arrays;

/** Makes one block of 256 elements: scales of its sub-blocks first, then codes under these. */
final class SuperQuants {
  private static final int ELEMENTS = 256;

  /** Magnitudes below count as nothing: their inverse would not be finite. */
  private static final float NOTHING = 1e-15f;

  /** Trials: highest code, first trial's addition to it, number of trials after the plain one. */
  private static final RangeSearch Q4 = new RangeSearch(15, -1, 20);

  private static final RangeSearch Q5 = new RangeSearch(31, -0.5f, 15);

  private SuperQuants() {}

  static void q4(float[] in, int from, byte[] out, int to) {
    int[] codes = ranges(in, from, Q4, out, to);
    for (int i = 0; i < ELEMENTS; i++) {
      // 32 bytes hold 64 elements.
      out[to + 16 + i / 64 * 32 + i % 32] |= (byte) (codes[i] << (i % 64 / 32 * 4));
    }
  }

  static void q5(float[] in, int from, byte[] out, int to) {
    int[] codes = ranges(in, from, Q5, out, to);
    for (int i = 0; i < ELEMENTS; i++) {
      out[to + 48 + i / 64 * 32 + i % 32] |= (byte) ((codes[i] & 15) << (i % 64 / 32 * 4));
      // 32 bytes hold the fifth bits of all.
      out[to + 16 + i % 32] |= (byte) (codes[i] >> 4 << (i / 32));
    }
  }

  /** Stores scales and minima of eight sub-blocks, clears the codes' bytes, returns the codes. */
  private static int[] ranges(float[] in, int from, RangeSearch search, byte[] out, int to) {
    RangeSearch.Range[] ranges = new RangeSearch.Range[8];
    float mostScale = 0;
    float mostMinimum = 0;
    for (int sub = 0; sub < 8; sub++) {
      ranges[sub] = search.find(in, from + 32 * sub, 32);
      mostScale = Math.max(mostScale, ranges[sub].scale());
      mostMinimum = Math.max(mostMinimum, ranges[sub].minimum());
    }
    float inverseScale = mostScale > 0 ? 63 / mostScale : 0;
    float inverseMinimum = mostMinimum > 0 ? 63 / mostMinimum : 0;
    Arrays.fill(out, to, to + (search.most() == 15 ? 144 : 176), (byte) 0);
    float scale = Bits.half(out, to, mostScale / 63);
    float minimumScale = Bits.half(out, to + 2, mostMinimum / 63);
    int[] codes = new int[ELEMENTS];
    for (int sub = 0; sub < 8; sub++) {
      int scaleCode = (int) Bits.nearest(inverseScale * ranges[sub].scale(), 0, 63);
      int minimumCode = (int) Bits.nearest(inverseMinimum * ranges[sub].minimum(), 0, 63);
      sixBits(out, to + 4, sub, scaleCode, minimumCode);
      float d = scale * scaleCode;
      float m = minimumScale * minimumCode;
      for (int i = 32 * sub; d != 0 && i < 32 * sub + 32; i++) {
        codes[i] = (int) Bits.nearest((in[from + i] + m) / d, 0, search.most());
      }
    }
    return codes;
  }

  /**
   * The first four of each fill bytes; the others share four bytes and the first ones' high bits.
   */
  private static void sixBits(byte[] out, int at, int sub, int scale, int minimum) {
    if (sub < 4) {
      out[at + sub] |= (byte) scale;
      out[at + 4 + sub] |= (byte) minimum;
    } else {
      out[at + 4 + sub] |= (byte) (scale & 15 | (minimum & 15) << 4);
      out[at + sub - 4] |= (byte) (scale >> 4 << 6);
      out[at + sub] |= (byte) (minimum >> 4 << 6);
    }
  }

  static void q6(float[] in, int from, byte[] out, int to) {
    Arrays.fill(out, to, to + 210, (byte) 0);
    float[] scales = new float[16];
    float extreme = 0;
    for (int sub = 0; sub < 16; sub++) {
      scales[sub] = SymmetricSearch.scale(in, from + 16 * sub, 16, 32);
      if (Math.abs(scales[sub]) > Math.abs(extreme)) {
        extreme = scales[sub];
      }
    }
    if (Math.abs(extreme) < NOTHING) {
      return;
    }
    float inverse = -128 / extreme;
    float scale = Bits.half(out, to + 208, 1 / inverse);
    for (int sub = 0; sub < 16; sub++) {
      int scaleCode = (int) Bits.nearest(inverse * scales[sub], -128, 127);
      out[to + 192 + sub] = (byte) scaleCode;
      float d = scale * scaleCode;
      for (int i = 16 * sub; i < 16 * sub + 16; i++) {
        // A sub-block of scale 0 is worth nothing whatever its codes; the reference writes code 0.
        int code = d == 0 ? 32 : (int) Bits.nearest(in[from + i] / d, -32, 31) + 32;
        out[to + i / 128 * 64 + i % 64] |= (byte) ((code & 15) << (i % 128 / 64 * 4));
        out[to + 128 + i / 128 * 32 + i % 32] |= (byte) (code >> 4 << (i % 128 / 32 * 2));
      }
    }
  }
}
