package dev.switchboard.model.kernel;

import static dev.switchboard.model.kernel.BlockLayout.GROUP;
import static dev.switchboard.model.kernel.BlockLayout.LINE_BYTES;
import static dev.switchboard.model.kernel.BlockLayout.RUN_LINES;
import static dev.switchboard.model.kernel.VectorShape.BLOCK;
import static dev.switchboard.model.kernel.VectorShape.BYTES;
import static dev.switchboard.model.kernel.VectorShape.FLOATS;
import static dev.switchboard.model.kernel.VectorShape.INTS;
import static dev.switchboard.model.kernel.VectorShape.LANES;
import static dev.switchboard.model.kernel.VectorShape.SHORTS;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import org.jspecify.annotations.Nullable;

/**
 * One row of activation codes against up to 256 columns of a panel of lines: integer dot products
 * whose lanes are output rows. A short lane holds two columns of a row; even and odd ones are told
 * apart by shifts and meet their activations, which stand beside each other in an int (see {@link
 * ActivationCodes#pairs}). Two products of eight bits fit 16 bits, 16 of codes up to 16, eight of
 * codes up to 32: as often sums are widened to 32 bits. Flat code for four vectors of outputs,
 * which share the activations.
 */
final class VectorDots {
  private static final int PANEL = PackedMatrix.PANEL;
  private static final ByteOrder LITTLE = ByteOrder.LITTLE_ENDIAN;
  private static final int[] NO_SUMS = {};

  /** Bytes from a block's first vector of a line to its others: lines are of 16 rows. */
  private static final int L1 = lineOffset(LANES);

  private static final int L2 = lineOffset(2 * LANES);
  private static final int L3 = lineOffset(3 * LANES);

  /** Outputs of the four vectors of a block, from its first. */
  private static final int C1 = LANES;

  private static final int C2 = 2 * LANES;
  private static final int C3 = 3 * LANES;

  private VectorDots() {}

  /** Where a row of a panel begins in the first line of its group. */
  static int lineOffset(int row) {
    return row / GROUP * (RUN_LINES * LINE_BYTES) + row % GROUP * 4;
  }

  /**
   * Codes of eight bits in blocks of 32 columns, {@code stride} bytes apart; adds to y {@code
   * [64]}.
   *
   * @param scales a row of 64 for each block; so {@code minimums}, if any
   */
  // size: arrays and offsets instead of views, nothing is allocated per call
  static void wide(
      MemorySegment lines,
      long at,
      int stride,
      int blocks,
      float[] scales,
      float @Nullable [] minimums,
      ActivationCodes x,
      int row,
      int firstBlock,
      float[] y,
      int yOffset) {
    int[] pairs = x.pairs();
    int[] sums = minimums == null ? NO_SUMS : x.sums();
    int pairsAt = (row * x.columns() + firstBlock * x.block()) / 2;
    int sumsAt = (row * x.columns() + firstBlock * x.block()) / ActivationCodes.SUM_COLUMNS;
    for (int c = 0; c < PANEL; c += BLOCK) {
      FloatVector a0 = FloatVector.fromArray(FLOATS, y, yOffset + c);
      FloatVector a1 = FloatVector.fromArray(FLOATS, y, yOffset + c + C1);
      FloatVector a2 = FloatVector.fromArray(FLOATS, y, yOffset + c + C2);
      FloatVector a3 = FloatVector.fromArray(FLOATS, y, yOffset + c + C3);
      for (int b = 0; b < blocks; b++) {
        long p = at + (long) b * stride + lineOffset(c);
        int e = pairsAt + b * (2 * RUN_LINES);
        IntVector i0 = IntVector.zero(INTS);
        IntVector i1 = i0;
        IntVector i2 = i0;
        IntVector i3 = i0;
        for (int j = 0; j < RUN_LINES; j++, p += LINE_BYTES, e += 2) {
          ShortVector even = IntVector.broadcast(INTS, pairs[e]).reinterpretAsShorts();
          ShortVector odd = IntVector.broadcast(INTS, pairs[e + 1]).reinterpretAsShorts();
          ShortVector v0 =
              ByteVector.fromMemorySegment(BYTES, lines, p, LITTLE).reinterpretAsShorts();
          ShortVector t0 =
              v0.lanewise(VectorOperators.LSHL, 8)
                  .lanewise(VectorOperators.ASHR, 8)
                  .mul(even)
                  .add(v0.lanewise(VectorOperators.ASHR, 8).mul(odd));
          IntVector w0 = t0.reinterpretAsInts();
          i0 =
              i0.add(w0.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16))
                  .add(w0.lanewise(VectorOperators.ASHR, 16));
          ShortVector v1 =
              ByteVector.fromMemorySegment(BYTES, lines, p + L1, LITTLE).reinterpretAsShorts();
          ShortVector t1 =
              v1.lanewise(VectorOperators.LSHL, 8)
                  .lanewise(VectorOperators.ASHR, 8)
                  .mul(even)
                  .add(v1.lanewise(VectorOperators.ASHR, 8).mul(odd));
          IntVector w1 = t1.reinterpretAsInts();
          i1 =
              i1.add(w1.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16))
                  .add(w1.lanewise(VectorOperators.ASHR, 16));
          ShortVector v2 =
              ByteVector.fromMemorySegment(BYTES, lines, p + L2, LITTLE).reinterpretAsShorts();
          ShortVector t2 =
              v2.lanewise(VectorOperators.LSHL, 8)
                  .lanewise(VectorOperators.ASHR, 8)
                  .mul(even)
                  .add(v2.lanewise(VectorOperators.ASHR, 8).mul(odd));
          IntVector w2 = t2.reinterpretAsInts();
          i2 =
              i2.add(w2.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16))
                  .add(w2.lanewise(VectorOperators.ASHR, 16));
          ShortVector v3 =
              ByteVector.fromMemorySegment(BYTES, lines, p + L3, LITTLE).reinterpretAsShorts();
          ShortVector t3 =
              v3.lanewise(VectorOperators.LSHL, 8)
                  .lanewise(VectorOperators.ASHR, 8)
                  .mul(even)
                  .add(v3.lanewise(VectorOperators.ASHR, 8).mul(odd));
          IntVector w3 = t3.reinterpretAsInts();
          i3 =
              i3.add(w3.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16))
                  .add(w3.lanewise(VectorOperators.ASHR, 16));
        }
        int table = b * PANEL + c;
        float scale = x.scale(row, firstBlock + b);
        a0 =
            ((FloatVector) i0.convert(VectorOperators.I2F, 0))
                .fma(FloatVector.fromArray(FLOATS, scales, table).mul(scale), a0);
        a1 =
            ((FloatVector) i1.convert(VectorOperators.I2F, 0))
                .fma(FloatVector.fromArray(FLOATS, scales, table + C1).mul(scale), a1);
        a2 =
            ((FloatVector) i2.convert(VectorOperators.I2F, 0))
                .fma(FloatVector.fromArray(FLOATS, scales, table + C2).mul(scale), a2);
        a3 =
            ((FloatVector) i3.convert(VectorOperators.I2F, 0))
                .fma(FloatVector.fromArray(FLOATS, scales, table + C3).mul(scale), a3);
        if (minimums != null) {
          int first = sumsAt + 2 * b;
          FloatVector sum = FloatVector.broadcast(FLOATS, (float) (sums[first] + sums[first + 1]));
          a0 = sum.fma(FloatVector.fromArray(FLOATS, minimums, table).mul(scale), a0);
          a1 = sum.fma(FloatVector.fromArray(FLOATS, minimums, table + C1).mul(scale), a1);
          a2 = sum.fma(FloatVector.fromArray(FLOATS, minimums, table + C2).mul(scale), a2);
          a3 = sum.fma(FloatVector.fromArray(FLOATS, minimums, table + C3).mul(scale), a3);
        }
      }
      a0.intoArray(y, yOffset + c);
      a1.intoArray(y, yOffset + c + C1);
      a2.intoArray(y, yOffset + c + C2);
      a3.intoArray(y, yOffset + c + C3);
    }
  }

  /** As above, for codes in -16 to 16 or 0 to 15. */
  // size: arrays and offsets instead of views, nothing is allocated per call
  static void small(
      MemorySegment lines,
      long at,
      int stride,
      int blocks,
      float[] scales,
      float @Nullable [] minimums,
      ActivationCodes x,
      int row,
      int firstBlock,
      float[] y,
      int yOffset) {
    int[] pairs = x.pairs();
    int[] sums = minimums == null ? NO_SUMS : x.sums();
    int pairsAt = (row * x.columns() + firstBlock * x.block()) / 2;
    int sumsAt = (row * x.columns() + firstBlock * x.block()) / ActivationCodes.SUM_COLUMNS;
    for (int c = 0; c < PANEL; c += BLOCK) {
      FloatVector a0 = FloatVector.fromArray(FLOATS, y, yOffset + c);
      FloatVector a1 = FloatVector.fromArray(FLOATS, y, yOffset + c + C1);
      FloatVector a2 = FloatVector.fromArray(FLOATS, y, yOffset + c + C2);
      FloatVector a3 = FloatVector.fromArray(FLOATS, y, yOffset + c + C3);
      for (int b = 0; b < blocks; b++) {
        long p = at + (long) b * stride + lineOffset(c);
        int e = pairsAt + b * (2 * RUN_LINES);
        ShortVector s0 = ShortVector.zero(SHORTS);
        ShortVector s1 = s0;
        ShortVector s2 = s0;
        ShortVector s3 = s0;
        for (int j = 0; j < RUN_LINES; j++, p += LINE_BYTES, e += 2) {
          ShortVector even = IntVector.broadcast(INTS, pairs[e]).reinterpretAsShorts();
          ShortVector odd = IntVector.broadcast(INTS, pairs[e + 1]).reinterpretAsShorts();
          ShortVector v0 =
              ByteVector.fromMemorySegment(BYTES, lines, p, LITTLE).reinterpretAsShorts();
          ShortVector t0 =
              v0.lanewise(VectorOperators.LSHL, 8)
                  .lanewise(VectorOperators.ASHR, 8)
                  .mul(even)
                  .add(v0.lanewise(VectorOperators.ASHR, 8).mul(odd));
          s0 = s0.add(t0);
          ShortVector v1 =
              ByteVector.fromMemorySegment(BYTES, lines, p + L1, LITTLE).reinterpretAsShorts();
          ShortVector t1 =
              v1.lanewise(VectorOperators.LSHL, 8)
                  .lanewise(VectorOperators.ASHR, 8)
                  .mul(even)
                  .add(v1.lanewise(VectorOperators.ASHR, 8).mul(odd));
          s1 = s1.add(t1);
          ShortVector v2 =
              ByteVector.fromMemorySegment(BYTES, lines, p + L2, LITTLE).reinterpretAsShorts();
          ShortVector t2 =
              v2.lanewise(VectorOperators.LSHL, 8)
                  .lanewise(VectorOperators.ASHR, 8)
                  .mul(even)
                  .add(v2.lanewise(VectorOperators.ASHR, 8).mul(odd));
          s2 = s2.add(t2);
          ShortVector v3 =
              ByteVector.fromMemorySegment(BYTES, lines, p + L3, LITTLE).reinterpretAsShorts();
          ShortVector t3 =
              v3.lanewise(VectorOperators.LSHL, 8)
                  .lanewise(VectorOperators.ASHR, 8)
                  .mul(even)
                  .add(v3.lanewise(VectorOperators.ASHR, 8).mul(odd));
          s3 = s3.add(t3);
        }
        IntVector i0 = IntVector.zero(INTS);
        IntVector i1 = i0;
        IntVector i2 = i0;
        IntVector i3 = i0;
        IntVector w0 = s0.reinterpretAsInts();
        i0 =
            i0.add(w0.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16))
                .add(w0.lanewise(VectorOperators.ASHR, 16));
        IntVector w1 = s1.reinterpretAsInts();
        i1 =
            i1.add(w1.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16))
                .add(w1.lanewise(VectorOperators.ASHR, 16));
        IntVector w2 = s2.reinterpretAsInts();
        i2 =
            i2.add(w2.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16))
                .add(w2.lanewise(VectorOperators.ASHR, 16));
        IntVector w3 = s3.reinterpretAsInts();
        i3 =
            i3.add(w3.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16))
                .add(w3.lanewise(VectorOperators.ASHR, 16));
        int table = b * PANEL + c;
        float scale = x.scale(row, firstBlock + b);
        a0 =
            ((FloatVector) i0.convert(VectorOperators.I2F, 0))
                .fma(FloatVector.fromArray(FLOATS, scales, table).mul(scale), a0);
        a1 =
            ((FloatVector) i1.convert(VectorOperators.I2F, 0))
                .fma(FloatVector.fromArray(FLOATS, scales, table + C1).mul(scale), a1);
        a2 =
            ((FloatVector) i2.convert(VectorOperators.I2F, 0))
                .fma(FloatVector.fromArray(FLOATS, scales, table + C2).mul(scale), a2);
        a3 =
            ((FloatVector) i3.convert(VectorOperators.I2F, 0))
                .fma(FloatVector.fromArray(FLOATS, scales, table + C3).mul(scale), a3);
        if (minimums != null) {
          int first = sumsAt + 2 * b;
          FloatVector sum = FloatVector.broadcast(FLOATS, (float) (sums[first] + sums[first + 1]));
          a0 = sum.fma(FloatVector.fromArray(FLOATS, minimums, table).mul(scale), a0);
          a1 = sum.fma(FloatVector.fromArray(FLOATS, minimums, table + C1).mul(scale), a1);
          a2 = sum.fma(FloatVector.fromArray(FLOATS, minimums, table + C2).mul(scale), a2);
          a3 = sum.fma(FloatVector.fromArray(FLOATS, minimums, table + C3).mul(scale), a3);
        }
      }
      a0.intoArray(y, yOffset + c);
      a1.intoArray(y, yOffset + c + C1);
      a2.intoArray(y, yOffset + c + C2);
      a3.intoArray(y, yOffset + c + C3);
    }
  }
}
