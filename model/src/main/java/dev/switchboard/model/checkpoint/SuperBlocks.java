package dev.switchboard.model.checkpoint;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;

/**
 * Widens one block of 256 elements: 8 or 16 sub-blocks with small whole scales (and minima), which
 * share an F16 scale (and an F16 scale of the minima).
 */
final class SuperBlocks {
  private static final int ELEMENTS = 256;

  private SuperBlocks() {}

  /** 16 bytes of scale (low nibble) and minimum, 64 of codes, two F16. */
  static void q2(MemorySegment in, long at, float[] out, int to) {
    float scale = SmallBlocks.half(in, at + 80);
    float minimumScale = SmallBlocks.half(in, at + 82);
    for (int sub = 0; sub < 16; sub++) {
      int packed = in.get(JAVA_BYTE, at + sub);
      float d = scale * (packed & 15);
      float m = minimumScale * ((packed >> 4) & 15);
      for (int i = 16 * sub; i < 16 * sub + 16; i++) {
        out[to + i] = d * crumb(in, at + 16, i) - m;
      }
    }
  }

  /** 32 bytes of high bits (set: no offset), 64 of low codes, 12 of six-bit scales, one F16. */
  static void q3(MemorySegment in, long at, float[] out, int to) {
    float scale = SmallBlocks.half(in, at + 108);
    for (int sub = 0; sub < 16; sub++) {
      int low = (in.get(JAVA_BYTE, at + 96 + (sub & 7)) >> (4 * (sub >> 3))) & 15;
      int high = (in.get(JAVA_BYTE, at + 104 + (sub & 3)) >> (2 * (sub >> 2))) & 3;
      float d = scale * ((low | high << 4) - 32);
      for (int i = 16 * sub; i < 16 * sub + 16; i++) {
        int offset = bit(in, at, i) == 0 ? 4 : 0;
        out[to + i] = d * (crumb(in, at + 32, i) - offset);
      }
    }
  }

  /** Two F16, 12 bytes of six-bit scales and minima, 128 of codes. */
  static void q4(MemorySegment in, long at, float[] out, int to) {
    float scale = SmallBlocks.half(in, at);
    float minimumScale = SmallBlocks.half(in, at + 2);
    for (int sub = 0; sub < 8; sub++) {
      float d = scale * sixBitScale(in, at + 4, sub);
      float m = minimumScale * sixBitMinimum(in, at + 4, sub);
      for (int i = 32 * sub; i < 32 * sub + 32; i++) {
        out[to + i] = d * nibble(in, at + 16, i) - m;
      }
    }
  }

  /** As {@link #q4}, with 32 bytes of fifth bits before the codes. */
  static void q5(MemorySegment in, long at, float[] out, int to) {
    float scale = SmallBlocks.half(in, at);
    float minimumScale = SmallBlocks.half(in, at + 2);
    for (int sub = 0; sub < 8; sub++) {
      float d = scale * sixBitScale(in, at + 4, sub);
      float m = minimumScale * sixBitMinimum(in, at + 4, sub);
      for (int i = 32 * sub; i < 32 * sub + 32; i++) {
        int code = nibble(in, at + 48, i) | bit(in, at + 16, i) << 4;
        out[to + i] = d * code - m;
      }
    }
  }

  /** 128 bytes of low nibbles, 64 of high crumbs, 16 signed scales, one F16. */
  static void q6(MemorySegment in, long at, float[] out, int to) {
    float scale = SmallBlocks.half(in, at + 208);
    for (int i = 0; i < ELEMENTS; i++) {
      float d = scale * in.get(JAVA_BYTE, at + 192 + i / 16);
      int low = (in.get(JAVA_BYTE, at + i / 128 * 64 + i % 64) >> (i % 128 / 64 * 4)) & 15;
      int code = (low | crumb(in, at + 128, i) << 4) - 32;
      out[to + i] = d * code;
    }
  }

  /** Six-bit scale of a sub-block of Q4_K and Q5_K. */
  static int sixBitScale(MemorySegment in, long at, int sub) {
    if (sub < 4) {
      return in.get(JAVA_BYTE, at + sub) & 63;
    }
    int low = in.get(JAVA_BYTE, at + 4 + sub) & 15;
    return low | (in.get(JAVA_BYTE, at + sub - 4) >> 2) & 48;
  }

  /** Six-bit minimum of a sub-block of Q4_K and Q5_K. */
  static int sixBitMinimum(MemorySegment in, long at, int sub) {
    if (sub < 4) {
      return in.get(JAVA_BYTE, at + 4 + sub) & 63;
    }
    int low = (in.get(JAVA_BYTE, at + 4 + sub) >> 4) & 15;
    return low | (in.get(JAVA_BYTE, at + sub) >> 2) & 48;
  }

  /** Two bits of element {@code i}: 32 bytes hold 128 elements. */
  private static int crumb(MemorySegment in, long at, int i) {
    return (in.get(JAVA_BYTE, at + i / 128 * 32 + i % 32) >> (i % 128 / 32 * 2)) & 3;
  }

  /** Four bits of element {@code i}: 32 bytes hold 64 elements. */
  private static int nibble(MemorySegment in, long at, int i) {
    return (in.get(JAVA_BYTE, at + i / 64 * 32 + i % 32) >> (i % 64 / 32 * 4)) & 15;
  }

  /** One bit of element {@code i}: 32 bytes hold all 256. */
  private static int bit(MemorySegment in, long at, int i) {
    return (in.get(JAVA_BYTE, at + i % 32) >> (i / 32)) & 1;
  }
}
