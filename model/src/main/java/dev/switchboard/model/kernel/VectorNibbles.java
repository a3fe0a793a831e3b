package dev.switchboard.model.kernel;

import static dev.switchboard.model.kernel.BlockLayout.GROUP;
import static dev.switchboard.model.kernel.BlockLayout.LINE_BYTES;
import static dev.switchboard.model.kernel.VectorShape.FLOATS;
import static dev.switchboard.model.kernel.VectorShape.INTS;
import static dev.switchboard.model.kernel.VectorShape.LANES;
import static dev.switchboard.model.kernel.VectorShape.SHORTS;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/**
 * One or four rows of activation codes against panels of nibbles (Q4_0, Q4_1) as they lie: each
 * line is read once, in the order of memory, which is what its prefetching wants. Lanes are output
 * rows. A short lane gathers its 16 of a block's columns as unsigned codes: at most 16 x 15 x 127;
 * the codes' bias is taken off by the activations' sum.
 */
final class VectorNibbles {
  private static final int PANEL = PackedMatrix.PANEL;
  private static final ByteOrder LITTLE = ByteOrder.LITTLE_ENDIAN;

  /** The low nibble of each 16 bits. */
  private static final int LOW = 0x000f000f;

  /** Lines of a group of rows in a block. */
  private static final int LINES = 4;

  private static final int GROUP_BYTES = LINES * LINE_BYTES;

  private VectorNibbles() {}

  // size: arrays and offsets instead of views, nothing is allocated per call
  static void rows1(
      BlockLayout layout,
      MemorySegment data,
      long at,
      int blocks,
      ActivationCodes x,
      int row,
      int firstBlock,
      float[] y,
      int yOffset) {
    int[] pairs = x.pairs();
    int[] sums = x.sums();
    int stride = layout.panelBlockBytes();
    int bias = layout.planes().bias();
    boolean minimums = layout.hasMinimums();
    int e0 = ((row) * x.columns() + firstBlock * x.block()) / 2;
    for (int b = 0; b < blocks; b++, at += stride) {
      int s0 = (e0 + b * 16) / 8;
      int sum0 = sums[s0] + sums[s0 + 1];
      float scale0 = x.scale(row, firstBlock + b);
      for (int c = 0; c < PANEL; c += LANES) {
        long p = at + layout.headerBytes() + c / GROUP * GROUP_BYTES + c % GROUP * 4;
        int e = b * 16;
        ShortVector t0 = ShortVector.zero(SHORTS);
        for (int j = 0; j < LINES; j++, p += LINE_BYTES, e += 4) {
          IntVector codes = IntVector.fromMemorySegment(INTS, data, p, LITTLE);
          ShortVector v0 = codes.and(LOW).reinterpretAsShorts();
          ShortVector v1 = codes.lanewise(VectorOperators.LSHR, 8).and(LOW).reinterpretAsShorts();
          ShortVector v2 = codes.lanewise(VectorOperators.LSHR, 4).and(LOW).reinterpretAsShorts();
          ShortVector v3 = codes.lanewise(VectorOperators.LSHR, 12).and(LOW).reinterpretAsShorts();
          t0 = t0.add(v0.mul(IntVector.broadcast(INTS, pairs[e0 + e]).reinterpretAsShorts()));
          t0 = t0.add(v1.mul(IntVector.broadcast(INTS, pairs[e0 + e + 1]).reinterpretAsShorts()));
          t0 = t0.add(v2.mul(IntVector.broadcast(INTS, pairs[e0 + e + 2]).reinterpretAsShorts()));
          t0 = t0.add(v3.mul(IntVector.broadcast(INTS, pairs[e0 + e + 3]).reinterpretAsShorts()));
        }
        FloatVector scales = VectorScales.half(data, at + 2 * c);
        IntVector i0 = t0.reinterpretAsInts();
        i0 =
            i0.lanewise(VectorOperators.LSHL, 16)
                .lanewise(VectorOperators.ASHR, 16)
                .add(i0.lanewise(VectorOperators.ASHR, 16))
                .sub(bias * sum0);
        ((FloatVector) i0.convert(VectorOperators.I2F, 0))
            .fma(scales.mul(scale0), FloatVector.fromArray(FLOATS, y, yOffset + c))
            .intoArray(y, yOffset + c);
        if (minimums) {
          FloatVector mins = VectorScales.half(data, at + layout.minScalesOffset() + 2 * c);
          FloatVector.broadcast(FLOATS, (float) sum0)
              .fma(mins.mul(scale0), FloatVector.fromArray(FLOATS, y, yOffset + c))
              .intoArray(y, yOffset + c);
        }
      }
    }
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  static void rows4(
      BlockLayout layout,
      MemorySegment data,
      long at,
      int blocks,
      ActivationCodes x,
      int row,
      int firstBlock,
      float[] y,
      int yOffset,
      int yStride) {
    int[] pairs = x.pairs();
    int[] sums = x.sums();
    int stride = layout.panelBlockBytes();
    int bias = layout.planes().bias();
    boolean minimums = layout.hasMinimums();
    int e0 = ((row) * x.columns() + firstBlock * x.block()) / 2;
    int e1 = ((row + 1) * x.columns() + firstBlock * x.block()) / 2;
    int e2 = ((row + 2) * x.columns() + firstBlock * x.block()) / 2;
    int e3 = ((row + 3) * x.columns() + firstBlock * x.block()) / 2;
    for (int b = 0; b < blocks; b++, at += stride) {
      int s0 = (e0 + b * 16) / 8;
      int sum0 = sums[s0] + sums[s0 + 1];
      float scale0 = x.scale(row, firstBlock + b);
      int s1 = (e1 + b * 16) / 8;
      int sum1 = sums[s1] + sums[s1 + 1];
      float scale1 = x.scale(row + 1, firstBlock + b);
      int s2 = (e2 + b * 16) / 8;
      int sum2 = sums[s2] + sums[s2 + 1];
      float scale2 = x.scale(row + 2, firstBlock + b);
      int s3 = (e3 + b * 16) / 8;
      int sum3 = sums[s3] + sums[s3 + 1];
      float scale3 = x.scale(row + 3, firstBlock + b);
      for (int c = 0; c < PANEL; c += LANES) {
        long p = at + layout.headerBytes() + c / GROUP * GROUP_BYTES + c % GROUP * 4;
        int e = b * 16;
        ShortVector t0 = ShortVector.zero(SHORTS);
        ShortVector t1 = ShortVector.zero(SHORTS);
        ShortVector t2 = ShortVector.zero(SHORTS);
        ShortVector t3 = ShortVector.zero(SHORTS);
        for (int j = 0; j < LINES; j++, p += LINE_BYTES, e += 4) {
          IntVector codes = IntVector.fromMemorySegment(INTS, data, p, LITTLE);
          ShortVector v0 = codes.and(LOW).reinterpretAsShorts();
          ShortVector v1 = codes.lanewise(VectorOperators.LSHR, 8).and(LOW).reinterpretAsShorts();
          ShortVector v2 = codes.lanewise(VectorOperators.LSHR, 4).and(LOW).reinterpretAsShorts();
          ShortVector v3 = codes.lanewise(VectorOperators.LSHR, 12).and(LOW).reinterpretAsShorts();
          t0 = t0.add(v0.mul(IntVector.broadcast(INTS, pairs[e0 + e]).reinterpretAsShorts()));
          t0 = t0.add(v1.mul(IntVector.broadcast(INTS, pairs[e0 + e + 1]).reinterpretAsShorts()));
          t0 = t0.add(v2.mul(IntVector.broadcast(INTS, pairs[e0 + e + 2]).reinterpretAsShorts()));
          t0 = t0.add(v3.mul(IntVector.broadcast(INTS, pairs[e0 + e + 3]).reinterpretAsShorts()));
          t1 = t1.add(v0.mul(IntVector.broadcast(INTS, pairs[e1 + e]).reinterpretAsShorts()));
          t1 = t1.add(v1.mul(IntVector.broadcast(INTS, pairs[e1 + e + 1]).reinterpretAsShorts()));
          t1 = t1.add(v2.mul(IntVector.broadcast(INTS, pairs[e1 + e + 2]).reinterpretAsShorts()));
          t1 = t1.add(v3.mul(IntVector.broadcast(INTS, pairs[e1 + e + 3]).reinterpretAsShorts()));
          t2 = t2.add(v0.mul(IntVector.broadcast(INTS, pairs[e2 + e]).reinterpretAsShorts()));
          t2 = t2.add(v1.mul(IntVector.broadcast(INTS, pairs[e2 + e + 1]).reinterpretAsShorts()));
          t2 = t2.add(v2.mul(IntVector.broadcast(INTS, pairs[e2 + e + 2]).reinterpretAsShorts()));
          t2 = t2.add(v3.mul(IntVector.broadcast(INTS, pairs[e2 + e + 3]).reinterpretAsShorts()));
          t3 = t3.add(v0.mul(IntVector.broadcast(INTS, pairs[e3 + e]).reinterpretAsShorts()));
          t3 = t3.add(v1.mul(IntVector.broadcast(INTS, pairs[e3 + e + 1]).reinterpretAsShorts()));
          t3 = t3.add(v2.mul(IntVector.broadcast(INTS, pairs[e3 + e + 2]).reinterpretAsShorts()));
          t3 = t3.add(v3.mul(IntVector.broadcast(INTS, pairs[e3 + e + 3]).reinterpretAsShorts()));
        }
        FloatVector scales = VectorScales.half(data, at + 2 * c);
        IntVector i0 = t0.reinterpretAsInts();
        i0 =
            i0.lanewise(VectorOperators.LSHL, 16)
                .lanewise(VectorOperators.ASHR, 16)
                .add(i0.lanewise(VectorOperators.ASHR, 16))
                .sub(bias * sum0);
        ((FloatVector) i0.convert(VectorOperators.I2F, 0))
            .fma(scales.mul(scale0), FloatVector.fromArray(FLOATS, y, yOffset + c))
            .intoArray(y, yOffset + c);
        IntVector i1 = t1.reinterpretAsInts();
        i1 =
            i1.lanewise(VectorOperators.LSHL, 16)
                .lanewise(VectorOperators.ASHR, 16)
                .add(i1.lanewise(VectorOperators.ASHR, 16))
                .sub(bias * sum1);
        ((FloatVector) i1.convert(VectorOperators.I2F, 0))
            .fma(scales.mul(scale1), FloatVector.fromArray(FLOATS, y, yOffset + yStride + c))
            .intoArray(y, yOffset + yStride + c);
        IntVector i2 = t2.reinterpretAsInts();
        i2 =
            i2.lanewise(VectorOperators.LSHL, 16)
                .lanewise(VectorOperators.ASHR, 16)
                .add(i2.lanewise(VectorOperators.ASHR, 16))
                .sub(bias * sum2);
        ((FloatVector) i2.convert(VectorOperators.I2F, 0))
            .fma(scales.mul(scale2), FloatVector.fromArray(FLOATS, y, yOffset + 2 * yStride + c))
            .intoArray(y, yOffset + 2 * yStride + c);
        IntVector i3 = t3.reinterpretAsInts();
        i3 =
            i3.lanewise(VectorOperators.LSHL, 16)
                .lanewise(VectorOperators.ASHR, 16)
                .add(i3.lanewise(VectorOperators.ASHR, 16))
                .sub(bias * sum3);
        ((FloatVector) i3.convert(VectorOperators.I2F, 0))
            .fma(scales.mul(scale3), FloatVector.fromArray(FLOATS, y, yOffset + 3 * yStride + c))
            .intoArray(y, yOffset + 3 * yStride + c);
        if (minimums) {
          FloatVector mins = VectorScales.half(data, at + layout.minScalesOffset() + 2 * c);
          FloatVector.broadcast(FLOATS, (float) sum0)
              .fma(mins.mul(scale0), FloatVector.fromArray(FLOATS, y, yOffset + c))
              .intoArray(y, yOffset + c);
          FloatVector.broadcast(FLOATS, (float) sum1)
              .fma(mins.mul(scale1), FloatVector.fromArray(FLOATS, y, yOffset + yStride + c))
              .intoArray(y, yOffset + yStride + c);
          FloatVector.broadcast(FLOATS, (float) sum2)
              .fma(mins.mul(scale2), FloatVector.fromArray(FLOATS, y, yOffset + 2 * yStride + c))
              .intoArray(y, yOffset + 2 * yStride + c);
          FloatVector.broadcast(FLOATS, (float) sum3)
              .fma(mins.mul(scale3), FloatVector.fromArray(FLOATS, y, yOffset + 3 * yStride + c))
              .intoArray(y, yOffset + 3 * yStride + c);
        }
      }
    }
  }
}
