package dev.switchboard.model.kernel;

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
 * One row of activation codes against one block of 256 columns of lines whose sub-blocks have
 * integer scales: see {@link VectorDots} for how products of codes are made. Short sums are widened
 * after 16 columns, meet their sub-block's scale there, and are integers up to the block's end.
 */
final class VectorSubBlockDots {
  private static final int PANEL = PackedMatrix.PANEL;
  private static final ByteOrder LITTLE = ByteOrder.LITTLE_ENDIAN;
  private static final int PART_LINES = 4;
  private static final int PARTS = 16;

  /** Bytes from a block's first vector of a line to its others: lines are of 16 rows. */
  private static final int L1 = VectorDots.lineOffset(LANES);

  private static final int L2 = VectorDots.lineOffset(2 * LANES);
  private static final int L3 = VectorDots.lineOffset(3 * LANES);

  /** Outputs of the four vectors of a block, from its first. */
  private static final int C1 = LANES;

  private static final int C2 = 2 * LANES;
  private static final int C3 = 3 * LANES;

  private VectorSubBlockDots() {}

  /**
   * Codes in -32 to 32 in one block of 256 columns, whose sub-blocks have integer scales; adds to y
   * {@code [64]}.
   *
   * @param scales 64
   * @param minimums scales of minimums, 64, or none
   * @param subs a row of 64 for each sub-block; so {@code mins}
   * @param wide 0 if sub-blocks have 16 columns, 1 if 32
   */
  // size: arrays and offsets instead of views, nothing is allocated per call
  static void subBlocks(
      MemorySegment lines,
      float[] scales,
      float @Nullable [] minimums,
      int[] subs,
      int[] mins,
      int wide,
      ActivationCodes x,
      int row,
      int block,
      float[] y,
      int yOffset) {
    int[] pairs = x.pairs();
    int pairsAt = (row * x.columns() + block * x.block()) / 2;
    float scale = x.scale(row, block);
    for (int c = 0; c < PANEL; c += BLOCK) {
      IntVector i0 = IntVector.zero(INTS);
      IntVector i1 = i0;
      IntVector i2 = i0;
      IntVector i3 = i0;
      for (int part = 0; part < PARTS; part++) {
        long p = part / 2 * (4L * RUN_LINES * LINE_BYTES) + part % 2 * (PART_LINES * LINE_BYTES);
        p += VectorDots.lineOffset(c);
        int e = pairsAt + part * (2 * PART_LINES);
        ShortVector s0 = ShortVector.zero(SHORTS);
        ShortVector s1 = s0;
        ShortVector s2 = s0;
        ShortVector s3 = s0;
        for (int j = 0; j < PART_LINES; j++, p += LINE_BYTES, e += 2) {
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
        int table = (part >> wide) * PANEL + c;
        IntVector w0 = s0.reinterpretAsInts();
        i0 =
            i0.add(
                w0.lanewise(VectorOperators.LSHL, 16)
                    .lanewise(VectorOperators.ASHR, 16)
                    .add(w0.lanewise(VectorOperators.ASHR, 16))
                    .mul(IntVector.fromArray(INTS, subs, table)));
        IntVector w1 = s1.reinterpretAsInts();
        i1 =
            i1.add(
                w1.lanewise(VectorOperators.LSHL, 16)
                    .lanewise(VectorOperators.ASHR, 16)
                    .add(w1.lanewise(VectorOperators.ASHR, 16))
                    .mul(IntVector.fromArray(INTS, subs, table + C1)));
        IntVector w2 = s2.reinterpretAsInts();
        i2 =
            i2.add(
                w2.lanewise(VectorOperators.LSHL, 16)
                    .lanewise(VectorOperators.ASHR, 16)
                    .add(w2.lanewise(VectorOperators.ASHR, 16))
                    .mul(IntVector.fromArray(INTS, subs, table + C2)));
        IntVector w3 = s3.reinterpretAsInts();
        i3 =
            i3.add(
                w3.lanewise(VectorOperators.LSHL, 16)
                    .lanewise(VectorOperators.ASHR, 16)
                    .add(w3.lanewise(VectorOperators.ASHR, 16))
                    .mul(IntVector.fromArray(INTS, subs, table + C3)));
      }
      FloatVector a0 =
          ((FloatVector) i0.convert(VectorOperators.I2F, 0))
              .fma(
                  FloatVector.fromArray(FLOATS, scales, c).mul(scale),
                  FloatVector.fromArray(FLOATS, y, yOffset + c));
      a0.intoArray(y, yOffset + c);
      FloatVector a1 =
          ((FloatVector) i1.convert(VectorOperators.I2F, 0))
              .fma(
                  FloatVector.fromArray(FLOATS, scales, c + C1).mul(scale),
                  FloatVector.fromArray(FLOATS, y, yOffset + c + C1));
      a1.intoArray(y, yOffset + c + C1);
      FloatVector a2 =
          ((FloatVector) i2.convert(VectorOperators.I2F, 0))
              .fma(
                  FloatVector.fromArray(FLOATS, scales, c + C2).mul(scale),
                  FloatVector.fromArray(FLOATS, y, yOffset + c + C2));
      a2.intoArray(y, yOffset + c + C2);
      FloatVector a3 =
          ((FloatVector) i3.convert(VectorOperators.I2F, 0))
              .fma(
                  FloatVector.fromArray(FLOATS, scales, c + C3).mul(scale),
                  FloatVector.fromArray(FLOATS, y, yOffset + c + C3));
      a3.intoArray(y, yOffset + c + C3);
    }
    if (minimums != null) {
      minimums(minimums, mins, wide, x, row, block, y, yOffset);
    }
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  static void minimums(
      float[] minimums,
      int[] mins,
      int wide,
      ActivationCodes x,
      int row,
      int block,
      float[] y,
      int yOffset) {
    int[] sums = x.sums();
    int sumsAt = (row * x.columns() + block * x.block()) / ActivationCodes.SUM_COLUMNS;
    float scale = -x.scale(row, block);
    for (int c = 0; c < PANEL; c += LANES) {
      IntVector total = IntVector.zero(INTS);
      for (int part = 0; part < PARTS; part++) {
        IntVector min = IntVector.fromArray(INTS, mins, (part >> wide) * PANEL + c);
        total = total.add(min.mul(sums[sumsAt + part]));
      }
      ((FloatVector) total.convert(VectorOperators.I2F, 0))
          .fma(
              FloatVector.fromArray(FLOATS, minimums, c).mul(scale),
              FloatVector.fromArray(FLOATS, y, yOffset + c))
          .intoArray(y, yOffset + c);
    }
  }
}
