package dev.switchboard.model.kernel;

import static dev.switchboard.model.kernel.BlockLayout.GROUP;
import static dev.switchboard.model.kernel.BlockLayout.LINE_BYTES;
import static dev.switchboard.model.kernel.BlockLayout.RUN;

import dev.switchboard.model.kernel.BlockLayout.Planes;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Reads panels value by value: for the scalar kernels, for single rows, and as what the vector
 * kernels are held to.
 */
final class PanelReader {
  private static final int PANEL = PackedMatrix.PANEL;
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Twice the values of the 16 codes of MXFP4; the scales are half. */
  private static final byte[] MXFP4 = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

  private PanelReader() {}

  /** Weights of row {@code lane} of a panel, widened: up to 32 columns from {@code column} on. */
  // size: arrays and offsets instead of views, nothing is allocated per call
  static void widen(
      PackedMatrix w, int panel, int lane, int column, int count, float[] out, int at, int step) {
    MemorySegment data = w.data();
    int position = ElementPacker.position(w.format(), lane);
    long from = w.format().isBlockType() ? 0 : w.offset(panel, column);
    switch (w.format()) {
      case F32 -> {
        for (int i = 0; i < count; i++) {
          out[at + i * step] = data.get(FLOAT, from + 4L * (i * PANEL + position));
        }
      }
      case BF16 -> {
        for (int i = 0; i < count; i++) {
          int bits = data.get(SHORT, from + 2L * (i * PANEL + position));
          out[at + i * step] = Float.intBitsToFloat(bits << 16);
        }
      }
      case F16 -> {
        for (int i = 0; i < count; i++) {
          short bits = data.get(SHORT, from + 2L * (i * PANEL + position));
          out[at + i * step] = Float.float16ToFloat(bits);
        }
      }
      case F8_E4M3 -> {
        for (int i = 0; i < count; i++) {
          byte bits = data.get(ValueLayout.JAVA_BYTE, from + (long) i * PANEL + position);
          out[at + i * step] = e4m3(bits) * w.scale(panel, column + i, lane);
        }
      }
      default -> widenRun(w, panel, lane, column, out, at, step);
    }
  }

  /** A value of F8_E4M3 (no infinities; all bits but the sign set is NaN). */
  static float e4m3(byte bits) {
    int magnitude = bits & 0x7f;
    int exponent = magnitude >>> 3;
    int units = exponent == 0 ? magnitude : (magnitude & 7 | 8) << exponent - 1;
    float value = magnitude == 0x7f ? Float.NaN : units * 0x1p-9f;
    return bits < 0 ? -value : value;
  }

  /**
   * 32 columns of a block type: scale times code, less or plus the minimum, each step rounded, as
   * GGUF's own dequantisation has it.
   */
  // size: arrays and offsets instead of views, nothing is allocated per call
  private static void widenRun(
      PackedMatrix w, int panel, int lane, int column, float[] out, int at, int step) {
    BlockLayout layout = BlockLayout.of(w.format());
    long base = w.blockOffset(panel, column / layout.elements());
    int run = column % layout.elements() / RUN;
    float scale = scale(w.data(), base, layout, lane);
    float min = layout.hasMinimums() ? minScale(w.data(), base, layout, lane) : 0f;
    int part = layout.subs() == 0 ? RUN : layout.elements() / layout.subs();
    for (int k = 0; k < RUN; k++) {
      int code = code(w.data(), base, layout, lane, run * RUN + k);
      float value;
      if (layout.subs() == 0) {
        value = scale * code;
        out[at + k * step] = layout.hasMinimums() ? value + min : value;
      } else {
        int s = (run * RUN + k) / part;
        value = scale * sub(w.data(), base, layout, lane, s) * code;
        out[at + k * step] =
            layout.hasMinimums() ? value - min * min(w.data(), base, layout, lane, s) : value;
      }
    }
  }

  /** The scale of a row's block at {@code base}. */
  static float scale(MemorySegment data, long base, BlockLayout layout, int lane) {
    if (layout.scales() == BlockLayout.Scales.EXPONENT) {
      return exponent(data.get(ValueLayout.JAVA_BYTE, base + lane) & 0xff);
    }
    return Float.float16ToFloat(data.get(SHORT, base + 2L * lane));
  }

  /** Half of 2^(e - 127), as the values of MXFP4's codes are kept doubled. */
  static float exponent(int e) {
    return Float.intBitsToFloat(e < 2 ? 0x00200000 << e : e - 1 << 23);
  }

  /** The minimum of a row's block, or the scale of its sub-blocks' minimums. */
  static float minScale(MemorySegment data, long base, BlockLayout layout, int lane) {
    return Float.float16ToFloat(data.get(SHORT, base + layout.minScalesOffset() + 2L * lane));
  }

  /** The scale of sub-block s. */
  static int sub(MemorySegment data, long base, BlockLayout layout, int lane, int s) {
    byte value =
        data.get(
            ValueLayout.JAVA_BYTE, base + layout.subsOffset() + BlockLayout.subPosition(s, lane));
    return layout.mins() == BlockLayout.Mins.HIGH_NIBBLES ? value & 0xf : value;
  }

  /** The minimum of sub-block s. */
  static int min(MemorySegment data, long base, BlockLayout layout, int lane, int s) {
    byte value =
        data.get(
            ValueLayout.JAVA_BYTE, base + layout.minsOffset() + BlockLayout.subPosition(s, lane));
    return layout.mins() == BlockLayout.Mins.HIGH_NIBBLES ? value >>> 4 & 0xf : value;
  }

  /** The signed code of one column of a block. */
  static int code(MemorySegment data, long base, BlockLayout layout, int lane, int column) {
    long group =
        base
            + layout.headerBytes()
            + (long) column / RUN * layout.runBytes()
            + (long) lane / GROUP * layout.groupRunBytes()
            + lane % GROUP * (LINE_BYTES / GROUP);
    Planes planes = layout.planes();
    int m = column % RUN / 4;
    int shift = column % 4 * 8;
    if (planes.bytes()) {
      return (byte) (line(data, group, m) >>> shift);
    }
    int code = 0;
    if (planes.nibbles()) {
      code = line(data, group, m / 2) >>> shift + m % 2 * 4 & 0xf;
    }
    if (planes.twoShift() >= 0) {
      int pair = line(data, group, planes.twoLine() + m / 4) >>> shift + m % 4 * 2 & 3;
      code |= pair << planes.twoShift();
    }
    if (planes.oneShift() >= 0) {
      code |= (line(data, group, planes.oneLine()) >>> shift + m & 1) << planes.oneShift();
    }
    return planes.table() ? MXFP4[code] : code - planes.bias();
  }

  private static int line(MemorySegment data, long group, int line) {
    return data.get(INT, group + (long) line * LINE_BYTES);
  }
}
