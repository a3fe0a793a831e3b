package dev.switchboard.model.kernel;

import static dev.switchboard.model.kernel.BlockLayout.GROUP;
import static dev.switchboard.model.kernel.BlockLayout.LINE_BYTES;
import static dev.switchboard.model.kernel.BlockLayout.RUN_LINES;
import static dev.switchboard.model.kernel.VectorShape.BYTES;
import static dev.switchboard.model.kernel.VectorShape.FLOATS;
import static dev.switchboard.model.kernel.VectorShape.INTS;
import static dev.switchboard.model.kernel.VectorShape.LANES;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/**
 * One or four rows of activation codes against panels of Q8_0 as they lie: each line is read once,
 * in the order of memory, which is what its prefetching wants. Lanes are output rows. A short lane
 * holds two columns of a row; even and odd ones are told apart by shifts and meet their
 * activations, which stand beside each other in an int (see {@link ActivationCodes#pairs}). Two
 * products of eight bits fit 16 bits.
 */
final class VectorBytes {
  private static final int PANEL = PackedMatrix.PANEL;
  private static final ByteOrder LITTLE = ByteOrder.LITTLE_ENDIAN;
  private static final int GROUP_BYTES = RUN_LINES * LINE_BYTES;
  private static final int HEADER_BYTES = 2 * PANEL;

  /** Of 32 columns of 64 rows. */
  private static final int BLOCK_BYTES = HEADER_BYTES + PANEL / GROUP * GROUP_BYTES;

  private VectorBytes() {}

  // size: arrays and offsets instead of views, nothing is allocated per call
  static void rows1(
      MemorySegment data,
      long at,
      int blocks,
      ActivationCodes x,
      int row,
      int firstBlock,
      float[] y,
      int yOffset) {
    int[] pairs = x.pairs();
    int e0 = ((row) * x.columns() + firstBlock * x.block()) / 2;
    for (int b = 0; b < blocks; b++, at += BLOCK_BYTES) {
      float scale0 = x.scale(row, firstBlock + b);
      for (int c = 0; c < PANEL; c += LANES) {
        long p = at + HEADER_BYTES + c / GROUP * GROUP_BYTES + c % GROUP * 4;
        int e = b * 16;
        IntVector i0 = IntVector.zero(INTS);
        for (int j = 0; j < RUN_LINES; j++, p += LINE_BYTES, e += 2) {
          ShortVector codes =
              ByteVector.fromMemorySegment(BYTES, data, p, LITTLE).reinterpretAsShorts();
          ShortVector v0 =
              codes.lanewise(VectorOperators.LSHL, 8).lanewise(VectorOperators.ASHR, 8);
          ShortVector v1 = codes.lanewise(VectorOperators.ASHR, 8);
          IntVector t0 =
              v0.mul(IntVector.broadcast(INTS, pairs[e0 + e]).reinterpretAsShorts())
                  .add(v1.mul(IntVector.broadcast(INTS, pairs[e0 + e + 1]).reinterpretAsShorts()))
                  .reinterpretAsInts();
          i0 =
              i0.add(t0.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16))
                  .add(t0.lanewise(VectorOperators.ASHR, 16));
        }
        FloatVector scales = VectorScales.half(data, at + 2 * c);
        ((FloatVector) i0.convert(VectorOperators.I2F, 0))
            .fma(scales.mul(scale0), FloatVector.fromArray(FLOATS, y, yOffset + c))
            .intoArray(y, yOffset + c);
      }
    }
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  static void rows4(
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
    int e0 = ((row) * x.columns() + firstBlock * x.block()) / 2;
    int e1 = ((row + 1) * x.columns() + firstBlock * x.block()) / 2;
    int e2 = ((row + 2) * x.columns() + firstBlock * x.block()) / 2;
    int e3 = ((row + 3) * x.columns() + firstBlock * x.block()) / 2;
    for (int b = 0; b < blocks; b++, at += BLOCK_BYTES) {
      float scale0 = x.scale(row, firstBlock + b);
      float scale1 = x.scale(row + 1, firstBlock + b);
      float scale2 = x.scale(row + 2, firstBlock + b);
      float scale3 = x.scale(row + 3, firstBlock + b);
      for (int c = 0; c < PANEL; c += LANES) {
        long p = at + HEADER_BYTES + c / GROUP * GROUP_BYTES + c % GROUP * 4;
        int e = b * 16;
        IntVector i0 = IntVector.zero(INTS);
        IntVector i1 = IntVector.zero(INTS);
        IntVector i2 = IntVector.zero(INTS);
        IntVector i3 = IntVector.zero(INTS);
        for (int j = 0; j < RUN_LINES; j++, p += LINE_BYTES, e += 2) {
          ShortVector codes =
              ByteVector.fromMemorySegment(BYTES, data, p, LITTLE).reinterpretAsShorts();
          ShortVector v0 =
              codes.lanewise(VectorOperators.LSHL, 8).lanewise(VectorOperators.ASHR, 8);
          ShortVector v1 = codes.lanewise(VectorOperators.ASHR, 8);
          IntVector t0 =
              v0.mul(IntVector.broadcast(INTS, pairs[e0 + e]).reinterpretAsShorts())
                  .add(v1.mul(IntVector.broadcast(INTS, pairs[e0 + e + 1]).reinterpretAsShorts()))
                  .reinterpretAsInts();
          i0 =
              i0.add(t0.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16))
                  .add(t0.lanewise(VectorOperators.ASHR, 16));
          IntVector t1 =
              v0.mul(IntVector.broadcast(INTS, pairs[e1 + e]).reinterpretAsShorts())
                  .add(v1.mul(IntVector.broadcast(INTS, pairs[e1 + e + 1]).reinterpretAsShorts()))
                  .reinterpretAsInts();
          i1 =
              i1.add(t1.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16))
                  .add(t1.lanewise(VectorOperators.ASHR, 16));
          IntVector t2 =
              v0.mul(IntVector.broadcast(INTS, pairs[e2 + e]).reinterpretAsShorts())
                  .add(v1.mul(IntVector.broadcast(INTS, pairs[e2 + e + 1]).reinterpretAsShorts()))
                  .reinterpretAsInts();
          i2 =
              i2.add(t2.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16))
                  .add(t2.lanewise(VectorOperators.ASHR, 16));
          IntVector t3 =
              v0.mul(IntVector.broadcast(INTS, pairs[e3 + e]).reinterpretAsShorts())
                  .add(v1.mul(IntVector.broadcast(INTS, pairs[e3 + e + 1]).reinterpretAsShorts()))
                  .reinterpretAsInts();
          i3 =
              i3.add(t3.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16))
                  .add(t3.lanewise(VectorOperators.ASHR, 16));
        }
        FloatVector scales = VectorScales.half(data, at + 2 * c);
        ((FloatVector) i0.convert(VectorOperators.I2F, 0))
            .fma(scales.mul(scale0), FloatVector.fromArray(FLOATS, y, yOffset + c))
            .intoArray(y, yOffset + c);
        ((FloatVector) i1.convert(VectorOperators.I2F, 0))
            .fma(scales.mul(scale1), FloatVector.fromArray(FLOATS, y, yOffset + yStride + c))
            .intoArray(y, yOffset + yStride + c);
        ((FloatVector) i2.convert(VectorOperators.I2F, 0))
            .fma(scales.mul(scale2), FloatVector.fromArray(FLOATS, y, yOffset + 2 * yStride + c))
            .intoArray(y, yOffset + 2 * yStride + c);
        ((FloatVector) i3.convert(VectorOperators.I2F, 0))
            .fma(scales.mul(scale3), FloatVector.fromArray(FLOATS, y, yOffset + 3 * yStride + c))
            .intoArray(y, yOffset + 3 * yStride + c);
      }
    }
  }
}
