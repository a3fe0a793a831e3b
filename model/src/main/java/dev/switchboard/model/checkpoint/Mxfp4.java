package dev.switchboard.model.checkpoint;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;

/**
 * Four-bit floats (E2M1) in blocks of 32 with a common power of two (OCP microscaling formats,
 * revision 1.0). Two stored forms: GGUF keeps scale and codes of a block together, codes {@code j}
 * and {@code j + 16} in one byte; Hugging Face folders keep the scales in a tensor of their own,
 * codes {@code 2j} and {@code 2j + 1} in one byte (low nibble first in both).
 */
public final class Mxfp4 {
  /** Elements of a block. */
  public static final int BLOCK_ELEMENTS = 32;

  /** Bytes of the codes of a block. */
  public static final int CODE_BYTES = 16;

  /** Scales above this one let the largest code exceed F32; 255 is the format's own NaN. */
  static final int MAX_SCALE = 252;

  /** Twice the value of each code, so that all are whole. */
  private static final float[] DOUBLED = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

  private Mxfp4() {}

  /** Half the scale that a byte stands for: 2^(scale - 128). */
  static float halfScale(int scale) {
    int bits = scale < 2 ? 0x0020_0000 << scale : (scale - 1) << 23;
    return Float.intBitsToFloat(bits);
  }

  /** The value of a code under half a scale; code 8 is +0, as in ggml. */
  static float value(float halfScale, int code) {
    return halfScale * DOUBLED[code];
  }

  /**
   * Turns blocks from the form of Hugging Face folders into GGUF's.
   *
   * @param codes {@code [blocks, 16]}, from {@code codesOffset}
   * @param scales {@code [blocks]}, from {@code scalesOffset}
   * @param out {@code [blocks, 17]}, {@link DType#MXFP4}, from its start
   */
  public static void toBlocks(
      MemorySegment codes,
      long codesOffset,
      MemorySegment scales,
      long scalesOffset,
      MemorySegment out) {
    long blocks = out.byteSize() / DType.MXFP4.blockBytes();
    for (long block = 0; block < blocks; block++) {
      long to = block * DType.MXFP4.blockBytes();
      long from = codesOffset + block * CODE_BYTES;
      out.set(JAVA_BYTE, to, scales.get(JAVA_BYTE, scalesOffset + block));
      for (int j = 0; j < CODE_BYTES; j++) {
        int low = code(codes, from, j);
        int high = code(codes, from, j + CODE_BYTES);
        out.set(JAVA_BYTE, to + 1 + j, (byte) (low | high << 4));
      }
    }
  }

  /** Code {@code i} of a block whose neighbours share a byte. */
  private static int code(MemorySegment codes, long from, int i) {
    int pair = codes.get(JAVA_BYTE, from + (i >> 1));
    return (i & 1) == 0 ? pair & 15 : (pair >> 4) & 15;
  }
}
