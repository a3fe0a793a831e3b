package dev.switchboard.model.kernel;

import static dev.switchboard.model.kernel.BlockLayout.GROUPS;
import static dev.switchboard.model.kernel.BlockLayout.LINE_BYTES;
import static dev.switchboard.model.kernel.BlockLayout.RUN_LINES;
import static dev.switchboard.model.kernel.VectorShape.INTS;
import static dev.switchboard.model.kernel.VectorShape.LANES;

import dev.switchboard.model.kernel.BlockLayout.Planes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * From the bit planes of a {@link BlockLayout} to lines of signed bytes, 64 rows at a time. Shifts
 * and masks of whole ints; a loop a kind of planes, each small enough to be compiled well.
 */
final class VectorUnpack {
  private static final ByteOrder LITTLE = ByteOrder.LITTLE_ENDIAN;
  private static final int NIBBLES = 0x0f0f0f0f;
  private static final int PAIRS = 0x03030303;
  private static final int BITS = 0x01010101;
  private static final int STEP = 4 * LANES;

  private VectorUnpack() {}

  /** The runs of a block whose header is at {@code base}, to {@code out}; all of its 64 rows. */
  static void block(
      BlockLayout layout, MemorySegment data, long base, MemorySegment out, long outAt) {
    Planes planes = layout.planes();
    long from = base + layout.headerBytes();
    int groups = layout.runs() * GROUPS;
    byte bias = (byte) planes.bias();
    if (planes.table()) {
      mxfp4(data, from, groups, out, outAt);
    } else if (!planes.nibbles()) {
      pairs(data, from, groups, planes.oneShift() >= 0, bias, out, outAt);
    } else if (planes.twoShift() >= 0) {
      nibblesAndPairs(data, from, groups, bias, out, outAt);
    } else if (planes.oneShift() >= 0) {
      nibblesAndBits(data, from, groups, bias, out, outAt);
    } else {
      nibbles(data, from, groups, bias, out, outAt);
    }
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  private static void nibbles(
      MemorySegment data, long from, int groups, byte bias, MemorySegment out, long outAt) {
    for (int i = 0; i < groups * 4; i++) {
      long in = from + (long) i * LINE_BYTES;
      long to = outAt + (long) i * 2 * LINE_BYTES;
      for (int v = 0; v < LINE_BYTES; v += STEP) {
        IntVector both = IntVector.fromMemorySegment(INTS, data, in + v, LITTLE);
        both.and(NIBBLES).reinterpretAsBytes().sub(bias).intoMemorySegment(out, to + v, LITTLE);
        both.lanewise(VectorOperators.LSHR, 4)
            .and(NIBBLES)
            .reinterpretAsBytes()
            .sub(bias)
            .intoMemorySegment(out, to + LINE_BYTES + v, LITTLE);
      }
    }
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  private static void nibblesAndBits(
      MemorySegment data, long from, int groups, byte bias, MemorySegment out, long outAt) {
    for (int g = 0; g < groups; g++) {
      long in = from + (long) g * 5 * LINE_BYTES;
      long to = outAt + (long) g * RUN_LINES * LINE_BYTES;
      for (int v = 0; v < LINE_BYTES; v += STEP) {
        IntVector bits = IntVector.fromMemorySegment(INTS, data, in + 4 * LINE_BYTES + v, LITTLE);
        for (int j = 0; j < 4; j++) {
          IntVector both = IntVector.fromMemorySegment(INTS, data, in + j * LINE_BYTES + v, LITTLE);
          IntVector low = bits.lanewise(VectorOperators.LSHR, 2 * j).and(BITS);
          IntVector high = bits.lanewise(VectorOperators.LSHR, 2 * j + 1).and(BITS);
          both.and(NIBBLES)
              .or(low.lanewise(VectorOperators.LSHL, 4))
              .reinterpretAsBytes()
              .sub(bias)
              .intoMemorySegment(out, to + 2 * j * LINE_BYTES + v, LITTLE);
          both.lanewise(VectorOperators.LSHR, 4)
              .and(NIBBLES)
              .or(high.lanewise(VectorOperators.LSHL, 4))
              .reinterpretAsBytes()
              .sub(bias)
              .intoMemorySegment(out, to + (2 * j + 1) * LINE_BYTES + v, LITTLE);
        }
      }
    }
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  private static void nibblesAndPairs(
      MemorySegment data, long from, int groups, byte bias, MemorySegment out, long outAt) {
    for (int g = 0; g < groups; g++) {
      long in = from + (long) g * 6 * LINE_BYTES;
      long to = outAt + (long) g * RUN_LINES * LINE_BYTES;
      for (int j = 0; j < 4; j++) {
        long pairLine = in + (4 + j / 2) * LINE_BYTES;
        int shift = j % 2 * 4;
        for (int v = 0; v < LINE_BYTES; v += STEP) {
          IntVector both = IntVector.fromMemorySegment(INTS, data, in + j * LINE_BYTES + v, LITTLE);
          IntVector pairs =
              IntVector.fromMemorySegment(INTS, data, pairLine + v, LITTLE)
                  .lanewise(VectorOperators.LSHR, shift);
          IntVector low = pairs.and(PAIRS).lanewise(VectorOperators.LSHL, 4);
          IntVector high = pairs.and(PAIRS << 2).lanewise(VectorOperators.LSHL, 2);
          both.and(NIBBLES)
              .or(low)
              .reinterpretAsBytes()
              .sub(bias)
              .intoMemorySegment(out, to + 2 * j * LINE_BYTES + v, LITTLE);
          both.lanewise(VectorOperators.LSHR, 4)
              .and(NIBBLES)
              .or(high)
              .reinterpretAsBytes()
              .sub(bias)
              .intoMemorySegment(out, to + (2 * j + 1) * LINE_BYTES + v, LITTLE);
        }
      }
    }
  }

  /** Two bits; or three, with a line of single bits. */
  // size: arrays and offsets instead of views, nothing is allocated per call
  private static void pairs(
      MemorySegment data,
      long from,
      int groups,
      boolean third,
      byte bias,
      MemorySegment out,
      long outAt) {
    int lines = third ? 3 : 2;
    int mask = third ? BITS : 0;
    for (int g = 0; g < groups; g++) {
      long in = from + (long) g * lines * LINE_BYTES;
      long to = outAt + (long) g * RUN_LINES * LINE_BYTES;
      for (int j = 0; j < RUN_LINES; j++) {
        long pairLine = in + j / 4 * LINE_BYTES;
        long bitLine = in + (lines - 1) * LINE_BYTES;
        int shift = j % 4 * 2;
        for (int v = 0; v < LINE_BYTES; v += STEP) {
          IntVector bits =
              IntVector.fromMemorySegment(INTS, data, bitLine + v, LITTLE)
                  .lanewise(VectorOperators.LSHR, j)
                  .and(mask)
                  .lanewise(VectorOperators.LSHL, 2);
          IntVector.fromMemorySegment(INTS, data, pairLine + v, LITTLE)
              .lanewise(VectorOperators.LSHR, shift)
              .and(PAIRS)
              .or(bits)
              .reinterpretAsBytes()
              .sub(bias)
              .intoMemorySegment(out, to + j * LINE_BYTES + v, LITTLE);
        }
      }
    }
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  private static void mxfp4(
      MemorySegment data, long from, int groups, MemorySegment out, long outAt) {
    for (int i = 0; i < groups * 4; i++) {
      long in = from + (long) i * LINE_BYTES;
      long to = outAt + (long) i * 2 * LINE_BYTES;
      for (int v = 0; v < LINE_BYTES; v += STEP) {
        IntVector both = IntVector.fromMemorySegment(INTS, data, in + v, LITTLE);
        mxfp4Values(both).intoMemorySegment(out, to + v, LITTLE);
        mxfp4Values(both.lanewise(VectorOperators.LSHR, 4))
            .intoMemorySegment(out, to + LINE_BYTES + v, LITTLE);
      }
    }
  }

  /**
   * Twice the values of the codes in the low halves of bytes: of the magnitudes 0 to 7 those from 4
   * on, 4, 6, 8 and 12, are 4, 5, 6 and 7 plus 0, 1, 2 and 5.
   */
  private static IntVector mxfp4Values(IntVector codes) {
    IntVector big = codes.lanewise(VectorOperators.LSHR, 2).and(BITS);
    IntVector one = codes.and(big);
    IntVector two = codes.lanewise(VectorOperators.LSHR, 1).and(big);
    IntVector magnitude =
        codes
            .and(0x07070707)
            .add(one)
            .add(two.lanewise(VectorOperators.LSHL, 1))
            .add(one.and(two).lanewise(VectorOperators.LSHL, 1));
    // Two's complement of a byte whose value is not zero or whose sign is not set: no carries leave
    // it, since each byte is negated by itself.
    IntVector negative = codes.lanewise(VectorOperators.LSHR, 3).and(BITS);
    IntVector ones = negative.lanewise(VectorOperators.LSHL, 8).sub(negative);
    return magnitude
        .lanewise(VectorOperators.XOR, ones)
        .reinterpretAsBytes()
        .add(negative.reinterpretAsBytes())
        .reinterpretAsInts();
  }
}
