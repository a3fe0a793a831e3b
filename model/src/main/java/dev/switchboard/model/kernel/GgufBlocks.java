package dev.switchboard.model.kernel;

import dev.switchboard.model.kernel.PackedMatrix.Format;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Blocks as GGUF stores them (the layouts are those of ggml's {@code block_q4_0} and so on), taken
 * apart: the codes of a run of 32 columns as eight words of four unsigned codes each, the bytes of
 * a block's header one by one. Words, since eight shifts and masks then do the work of 32.
 */
final class GgufBlocks {
  static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private static final int LOW_NIBBLES = 0x0f0f0f0f;
  private static final int PAIRS = 0x03030303;
  private static final int BITS = 0x01010101;
  private static final int WORDS = 8;

  private GgufBlocks() {}

  /**
   * The codes of run {@code run} of the block at {@code at}, bias included: word m has those of
   * columns 4m to 4m + 3.
   */
  static void words(Format format, byte[] b, int at, int run, int[] out) {
    switch (format) {
      case Q8_0 -> bytes(b, at + 2, out);
      case Q4_0 -> halves(b, at + 2, out);
      case Q4_1 -> halves(b, at + 4, out);
      case Q5_0 -> halves(b, at + 6, word(b, at + 2), out);
      case Q5_1 -> halves(b, at + 8, word(b, at + 4), out);
      case MXFP4 -> halves(b, at + 1, out);
      case Q2_K -> pairs(b, at + 16 + run / 4 * 32, 2 * (run % 4), 0, out);
      case Q3_K -> {
        pairs(b, at + 32 + run / 4 * 32, 2 * (run % 4), 0, out);
        orBits(b, at, run, 2, out);
      }
      case Q4_K -> nibbles(b, at + 16 + run / 2 * 32, 4 * (run % 2), out);
      case Q5_K -> {
        nibbles(b, at + 48 + run / 2 * 32, 4 * (run % 2), out);
        orBits(b, at + 16, run, 4, out);
      }
      case Q6_K -> {
        pairs(b, at + 128 + run / 4 * 32, 2 * (run % 4), 4, out);
        orNibbles(b, at + run / 4 * 64 + run % 2 * 32, run % 4 / 2 * 4, out);
      }
      default -> throw new IllegalArgumentException(format + " is no block type");
    }
  }

  private static int word(byte[] b, int at) {
    return (int) INT.get(b, at);
  }

  private static void bytes(byte[] b, int at, int[] out) {
    for (int m = 0; m < WORDS; m++) {
      out[m] = word(b, at + 4 * m);
    }
  }

  /** Low halves are the first 16 columns, high halves the others. */
  private static void halves(byte[] b, int at, int[] out) {
    for (int m = 0; m < WORDS / 2; m++) {
      int two = word(b, at + 4 * m);
      out[m] = two & LOW_NIBBLES;
      out[WORDS / 2 + m] = two >>> 4 & LOW_NIBBLES;
    }
  }

  /** As above, with a fifth bit: bit k of {@code high} is that of column k. */
  private static void halves(byte[] b, int at, int high, int[] out) {
    halves(b, at, out);
    for (int m = 0; m < WORDS; m++) {
      int four = high >>> 4 * m & 0xf;
      // Bit t of the four to bit 4 of byte t: the product puts copies 7 bits apart.
      out[m] |= (four * 0x00204081 & BITS) << 4;
    }
  }

  private static void nibbles(byte[] b, int at, int shift, int[] out) {
    for (int m = 0; m < WORDS; m++) {
      out[m] = word(b, at + 4 * m) >>> shift & LOW_NIBBLES;
    }
  }

  private static void orNibbles(byte[] b, int at, int shift, int[] out) {
    for (int m = 0; m < WORDS; m++) {
      out[m] |= word(b, at + 4 * m) >>> shift & LOW_NIBBLES;
    }
  }

  private static void pairs(byte[] b, int at, int shift, int to, int[] out) {
    for (int m = 0; m < WORDS; m++) {
      out[m] = (word(b, at + 4 * m) >>> shift & PAIRS) << to;
    }
  }

  private static void orBits(byte[] b, int at, int shift, int to, int[] out) {
    for (int m = 0; m < WORDS; m++) {
      out[m] |= (word(b, at + 4 * m) >>> shift & BITS) << to;
    }
  }

  /** Where in a block its F16 scale stands. */
  static int scaleAt(Format format) {
    return switch (format) {
      case Q2_K -> 80;
      case Q3_K -> 108;
      case Q6_K -> 208;
      default -> 0;
    };
  }

  /** The scale of sub-block s, as a byte; for Q2_K with its minimum in the high half. */
  static byte sub(Format format, byte[] b, int at, int s) {
    return switch (format) {
      case Q2_K -> b[at + s];
      case Q3_K -> (byte) (q3Scale(b, at + 96, s) - 32);
      case Q4_K, Q5_K -> (byte) sixBitScale(b, at + 4, s);
      case Q6_K -> b[at + 192 + s];
      default -> throw new IllegalArgumentException(format + " has no sub-blocks");
    };
  }

  /** The minimum of sub-block s of Q4_K and Q5_K. */
  static byte min(byte[] b, int at, int s) {
    int q = at + 4;
    int value = s < 4 ? b[q + s + 4] & 63 : (b[q + s + 4] & 0xff) >>> 4 | (b[q + s] & 0xc0) >>> 2;
    return (byte) value;
  }

  private static int sixBitScale(byte[] b, int q, int s) {
    return s < 4 ? b[q + s] & 63 : b[q + s + 4] & 0xf | (b[q + s - 4] & 0xc0) >>> 2;
  }

  /** Four low bits of 16 scales in 8 bytes, their two high bits in the next four. */
  private static int q3Scale(byte[] b, int q, int s) {
    int low = (b[q + s % 8] & 0xff) >>> (s < 8 ? 0 : 4) & 0xf;
    int high = (b[q + 8 + s % 4] & 0xff) >>> 2 * (s / 4) & 3;
    return low | high << 4;
  }
}
