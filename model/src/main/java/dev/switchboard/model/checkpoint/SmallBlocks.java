package dev.switchboard.model.checkpoint;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Widens one block of 32 elements; scales and minima are F16. */
final class SmallBlocks {
  static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final int HALF = 16;

  private SmallBlocks() {}

  /** Scale, 16 bytes: codes {@code j} (low nibble) and {@code j + 16}; value = scale (code - 8). */
  static void q4(MemorySegment in, long at, float[] out, int to) {
    float scale = half(in, at);
    for (int j = 0; j < HALF; j++) {
      int pair = in.get(JAVA_BYTE, at + 2 + j);
      out[to + j] = scale * ((pair & 15) - 8);
      out[to + j + HALF] = scale * (((pair >> 4) & 15) - 8);
    }
  }

  /** Scale, minimum, codes as {@link #q4}; value = scale code + minimum. */
  static void q4WithMinimum(MemorySegment in, long at, float[] out, int to) {
    float scale = half(in, at);
    float minimum = half(in, at + 2);
    for (int j = 0; j < HALF; j++) {
      int pair = in.get(JAVA_BYTE, at + 4 + j);
      out[to + j] = scale * (pair & 15) + minimum;
      out[to + j + HALF] = scale * ((pair >> 4) & 15) + minimum;
    }
  }

  /** Scale, 32 fifth bits, low bits as {@link #q4}; value = scale (code - 16). */
  static void q5(MemorySegment in, long at, float[] out, int to) {
    float scale = half(in, at);
    int fifth = in.get(INT, at + 2);
    for (int j = 0; j < HALF; j++) {
      int pair = in.get(JAVA_BYTE, at + 6 + j);
      out[to + j] = scale * (((pair & 15) | bit(fifth, j)) - 16);
      out[to + j + HALF] = scale * (((pair >> 4) & 15 | bit(fifth, j + HALF)) - 16);
    }
  }

  /** Scale, minimum, 32 fifth bits, low bits as {@link #q4}; value = scale code + minimum. */
  static void q5WithMinimum(MemorySegment in, long at, float[] out, int to) {
    float scale = half(in, at);
    float minimum = half(in, at + 2);
    int fifth = in.get(INT, at + 4);
    for (int j = 0; j < HALF; j++) {
      int pair = in.get(JAVA_BYTE, at + 8 + j);
      out[to + j] = scale * ((pair & 15) | bit(fifth, j)) + minimum;
      out[to + j + HALF] = scale * ((pair >> 4) & 15 | bit(fifth, j + HALF)) + minimum;
    }
  }

  /** Scale, 32 signed bytes. */
  static void q8(MemorySegment in, long at, float[] out, int to) {
    float scale = half(in, at);
    for (int j = 0; j < 2 * HALF; j++) {
      out[to + j] = in.get(JAVA_BYTE, at + 2 + j) * scale;
    }
  }

  /** A byte of scale, codes laid out as {@link #q4}. */
  static void mxfp4(MemorySegment in, long at, float[] out, int to) {
    float scale = Mxfp4.halfScale(in.get(JAVA_BYTE, at) & 0xff);
    for (int j = 0; j < HALF; j++) {
      int pair = in.get(JAVA_BYTE, at + 1 + j);
      out[to + j] = Mxfp4.value(scale, pair & 15);
      out[to + j + HALF] = Mxfp4.value(scale, (pair >> 4) & 15);
    }
  }

  static float half(MemorySegment in, long at) {
    return Float.float16ToFloat(in.get(Tensor.SHORT, at));
  }

  private static int bit(int bits, int index) {
    return ((bits >>> index) & 1) << 4;
  }
}
