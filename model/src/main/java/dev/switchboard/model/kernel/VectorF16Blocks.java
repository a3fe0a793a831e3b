package dev.switchboard.model.kernel;

import static dev.switchboard.model.kernel.VectorShape.FLOATS;
import static dev.switchboard.model.kernel.VectorShape.INTS;
import static dev.switchboard.model.kernel.VectorShape.LANES;
import static dev.switchboard.model.kernel.VectorShape.PAIR_STEP;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Register blocks of F16 panels in pair order: 1, 2 or 4 rows by four vectors of outputs, added to
 * y. Flat code, accumulators in named locals, one rolled loop over the columns, no helper calls:
 * the shape that the JIT compiler turns into registers and fma alone. Hence also the many
 * parameters and the repetition.
 *
 * <p>Widening is exact, for subnormals, infinities and NaN too, and no operand is ever a subnormal
 * F32 (for which many processors take a hundred cycles). A magnitude's five exponent bits get 224
 * in front: {@code f}, whose exponent is 255 where F16's is 31, and 2^112 times too large.
 * Subnormals of F16 lack the one before the point that f has: they are {@code f 2^-111 - 2^-14}. Of
 * the two straight lines, {@code f 2^-112} and that, each value is the lower one; the integers of
 * positive floats compare as they do.
 */
final class VectorF16Blocks {
  private static final ByteOrder LITTLE = ByteOrder.LITTLE_ENDIAN;

  /** Bytes of one column of a panel. */
  private static final long COLUMN = 2L * PackedMatrix.PANEL;

  /** Exponent and fraction of an F16 that has been put where they belong in an F32. */
  static final int MAGNITUDE = 0x0fffe000;

  /** 224 before the five bits of the exponent. */
  static final int RAISED = 0x70000000;

  static final int SIGN = 0x80000000;
  static final float NORMAL = 0x1p-112f;
  static final float SUBNORMAL = 0x1p-111f;
  static final float ONE = -0x1p-14f;

  /**
   * Outputs of the four vectors of a block, from its first: low and high halves of two vectors of
   * pairs.
   */
  private static final int C1 = 16;

  private static final int C2 = PAIR_STEP;
  private static final int C3 = PAIR_STEP + 16;

  private VectorF16Blocks() {}

  // size: arrays and offsets instead of views, nothing is allocated per call
  static void rows1(
      float[] x, int xOffset, MemorySegment w, long offset, int depth, float[] y, int yOffset) {
    FloatVector s00 = FloatVector.fromArray(FLOATS, y, yOffset);
    FloatVector s01 = FloatVector.fromArray(FLOATS, y, yOffset + C1);
    FloatVector s02 = FloatVector.fromArray(FLOATS, y, yOffset + C2);
    FloatVector s03 = FloatVector.fromArray(FLOATS, y, yOffset + C3);
    FloatVector normal = FloatVector.broadcast(FLOATS, NORMAL);
    FloatVector subnormal = FloatVector.broadcast(FLOATS, SUBNORMAL);
    FloatVector one = FloatVector.broadcast(FLOATS, ONE);
    for (int k = 0; k < depth; k++) {
      long at = offset + k * COLUMN;
      IntVector p0 = IntVector.fromMemorySegment(INTS, w, at, LITTLE);
      IntVector p1 = IntVector.fromMemorySegment(INTS, w, at + 4L * LANES, LITTLE);
      FloatVector f0 =
          p0.lanewise(VectorOperators.LSHL, 13).and(MAGNITUDE).or(RAISED).reinterpretAsFloats();
      FloatVector w0 =
          f0.mul(normal)
              .reinterpretAsInts()
              .min(f0.fma(subnormal, one).reinterpretAsInts())
              .or(p0.lanewise(VectorOperators.LSHL, 16).and(SIGN))
              .reinterpretAsFloats();
      FloatVector f1 =
          p0.lanewise(VectorOperators.LSHR, 3).and(MAGNITUDE).or(RAISED).reinterpretAsFloats();
      FloatVector w1 =
          f1.mul(normal)
              .reinterpretAsInts()
              .min(f1.fma(subnormal, one).reinterpretAsInts())
              .or(p0.and(SIGN))
              .reinterpretAsFloats();
      FloatVector f2 =
          p1.lanewise(VectorOperators.LSHL, 13).and(MAGNITUDE).or(RAISED).reinterpretAsFloats();
      FloatVector w2 =
          f2.mul(normal)
              .reinterpretAsInts()
              .min(f2.fma(subnormal, one).reinterpretAsInts())
              .or(p1.lanewise(VectorOperators.LSHL, 16).and(SIGN))
              .reinterpretAsFloats();
      FloatVector f3 =
          p1.lanewise(VectorOperators.LSHR, 3).and(MAGNITUDE).or(RAISED).reinterpretAsFloats();
      FloatVector w3 =
          f3.mul(normal)
              .reinterpretAsInts()
              .min(f3.fma(subnormal, one).reinterpretAsInts())
              .or(p1.and(SIGN))
              .reinterpretAsFloats();
      FloatVector a0 = FloatVector.broadcast(FLOATS, x[xOffset + k]);
      s00 = a0.fma(w0, s00);
      s01 = a0.fma(w1, s01);
      s02 = a0.fma(w2, s02);
      s03 = a0.fma(w3, s03);
    }
    s00.intoArray(y, yOffset);
    s01.intoArray(y, yOffset + C1);
    s02.intoArray(y, yOffset + C2);
    s03.intoArray(y, yOffset + C3);
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  static void rows2(
      float[] x,
      int xOffset,
      int xStride,
      MemorySegment w,
      long offset,
      int depth,
      float[] y,
      int yOffset,
      int yStride) {
    int x1 = xOffset + xStride;
    int y1 = yOffset + yStride;
    FloatVector s00 = FloatVector.fromArray(FLOATS, y, yOffset);
    FloatVector s01 = FloatVector.fromArray(FLOATS, y, yOffset + C1);
    FloatVector s02 = FloatVector.fromArray(FLOATS, y, yOffset + C2);
    FloatVector s03 = FloatVector.fromArray(FLOATS, y, yOffset + C3);
    FloatVector s10 = FloatVector.fromArray(FLOATS, y, y1);
    FloatVector s11 = FloatVector.fromArray(FLOATS, y, y1 + C1);
    FloatVector s12 = FloatVector.fromArray(FLOATS, y, y1 + C2);
    FloatVector s13 = FloatVector.fromArray(FLOATS, y, y1 + C3);
    FloatVector normal = FloatVector.broadcast(FLOATS, NORMAL);
    FloatVector subnormal = FloatVector.broadcast(FLOATS, SUBNORMAL);
    FloatVector one = FloatVector.broadcast(FLOATS, ONE);
    for (int k = 0; k < depth; k++) {
      long at = offset + k * COLUMN;
      IntVector p0 = IntVector.fromMemorySegment(INTS, w, at, LITTLE);
      IntVector p1 = IntVector.fromMemorySegment(INTS, w, at + 4L * LANES, LITTLE);
      FloatVector f0 =
          p0.lanewise(VectorOperators.LSHL, 13).and(MAGNITUDE).or(RAISED).reinterpretAsFloats();
      FloatVector w0 =
          f0.mul(normal)
              .reinterpretAsInts()
              .min(f0.fma(subnormal, one).reinterpretAsInts())
              .or(p0.lanewise(VectorOperators.LSHL, 16).and(SIGN))
              .reinterpretAsFloats();
      FloatVector f1 =
          p0.lanewise(VectorOperators.LSHR, 3).and(MAGNITUDE).or(RAISED).reinterpretAsFloats();
      FloatVector w1 =
          f1.mul(normal)
              .reinterpretAsInts()
              .min(f1.fma(subnormal, one).reinterpretAsInts())
              .or(p0.and(SIGN))
              .reinterpretAsFloats();
      FloatVector f2 =
          p1.lanewise(VectorOperators.LSHL, 13).and(MAGNITUDE).or(RAISED).reinterpretAsFloats();
      FloatVector w2 =
          f2.mul(normal)
              .reinterpretAsInts()
              .min(f2.fma(subnormal, one).reinterpretAsInts())
              .or(p1.lanewise(VectorOperators.LSHL, 16).and(SIGN))
              .reinterpretAsFloats();
      FloatVector f3 =
          p1.lanewise(VectorOperators.LSHR, 3).and(MAGNITUDE).or(RAISED).reinterpretAsFloats();
      FloatVector w3 =
          f3.mul(normal)
              .reinterpretAsInts()
              .min(f3.fma(subnormal, one).reinterpretAsInts())
              .or(p1.and(SIGN))
              .reinterpretAsFloats();
      FloatVector a0 = FloatVector.broadcast(FLOATS, x[xOffset + k]);
      s00 = a0.fma(w0, s00);
      s01 = a0.fma(w1, s01);
      s02 = a0.fma(w2, s02);
      s03 = a0.fma(w3, s03);
      FloatVector a1 = FloatVector.broadcast(FLOATS, x[x1 + k]);
      s10 = a1.fma(w0, s10);
      s11 = a1.fma(w1, s11);
      s12 = a1.fma(w2, s12);
      s13 = a1.fma(w3, s13);
    }
    s00.intoArray(y, yOffset);
    s01.intoArray(y, yOffset + C1);
    s02.intoArray(y, yOffset + C2);
    s03.intoArray(y, yOffset + C3);
    s10.intoArray(y, y1);
    s11.intoArray(y, y1 + C1);
    s12.intoArray(y, y1 + C2);
    s13.intoArray(y, y1 + C3);
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  static void rows4(
      float[] x,
      int xOffset,
      int xStride,
      MemorySegment w,
      long offset,
      int depth,
      float[] y,
      int yOffset,
      int yStride) {
    int x1 = xOffset + xStride;
    int x2 = xOffset + 2 * xStride;
    int x3 = xOffset + 3 * xStride;
    int y1 = yOffset + yStride;
    int y2 = yOffset + 2 * yStride;
    int y3 = yOffset + 3 * yStride;
    FloatVector s00 = FloatVector.fromArray(FLOATS, y, yOffset);
    FloatVector s01 = FloatVector.fromArray(FLOATS, y, yOffset + C1);
    FloatVector s02 = FloatVector.fromArray(FLOATS, y, yOffset + C2);
    FloatVector s03 = FloatVector.fromArray(FLOATS, y, yOffset + C3);
    FloatVector s10 = FloatVector.fromArray(FLOATS, y, y1);
    FloatVector s11 = FloatVector.fromArray(FLOATS, y, y1 + C1);
    FloatVector s12 = FloatVector.fromArray(FLOATS, y, y1 + C2);
    FloatVector s13 = FloatVector.fromArray(FLOATS, y, y1 + C3);
    FloatVector s20 = FloatVector.fromArray(FLOATS, y, y2);
    FloatVector s21 = FloatVector.fromArray(FLOATS, y, y2 + C1);
    FloatVector s22 = FloatVector.fromArray(FLOATS, y, y2 + C2);
    FloatVector s23 = FloatVector.fromArray(FLOATS, y, y2 + C3);
    FloatVector s30 = FloatVector.fromArray(FLOATS, y, y3);
    FloatVector s31 = FloatVector.fromArray(FLOATS, y, y3 + C1);
    FloatVector s32 = FloatVector.fromArray(FLOATS, y, y3 + C2);
    FloatVector s33 = FloatVector.fromArray(FLOATS, y, y3 + C3);
    FloatVector normal = FloatVector.broadcast(FLOATS, NORMAL);
    FloatVector subnormal = FloatVector.broadcast(FLOATS, SUBNORMAL);
    FloatVector one = FloatVector.broadcast(FLOATS, ONE);
    for (int k = 0; k < depth; k++) {
      long at = offset + k * COLUMN;
      IntVector p0 = IntVector.fromMemorySegment(INTS, w, at, LITTLE);
      IntVector p1 = IntVector.fromMemorySegment(INTS, w, at + 4L * LANES, LITTLE);
      FloatVector f0 =
          p0.lanewise(VectorOperators.LSHL, 13).and(MAGNITUDE).or(RAISED).reinterpretAsFloats();
      FloatVector w0 =
          f0.mul(normal)
              .reinterpretAsInts()
              .min(f0.fma(subnormal, one).reinterpretAsInts())
              .or(p0.lanewise(VectorOperators.LSHL, 16).and(SIGN))
              .reinterpretAsFloats();
      FloatVector f1 =
          p0.lanewise(VectorOperators.LSHR, 3).and(MAGNITUDE).or(RAISED).reinterpretAsFloats();
      FloatVector w1 =
          f1.mul(normal)
              .reinterpretAsInts()
              .min(f1.fma(subnormal, one).reinterpretAsInts())
              .or(p0.and(SIGN))
              .reinterpretAsFloats();
      FloatVector f2 =
          p1.lanewise(VectorOperators.LSHL, 13).and(MAGNITUDE).or(RAISED).reinterpretAsFloats();
      FloatVector w2 =
          f2.mul(normal)
              .reinterpretAsInts()
              .min(f2.fma(subnormal, one).reinterpretAsInts())
              .or(p1.lanewise(VectorOperators.LSHL, 16).and(SIGN))
              .reinterpretAsFloats();
      FloatVector f3 =
          p1.lanewise(VectorOperators.LSHR, 3).and(MAGNITUDE).or(RAISED).reinterpretAsFloats();
      FloatVector w3 =
          f3.mul(normal)
              .reinterpretAsInts()
              .min(f3.fma(subnormal, one).reinterpretAsInts())
              .or(p1.and(SIGN))
              .reinterpretAsFloats();
      FloatVector a0 = FloatVector.broadcast(FLOATS, x[xOffset + k]);
      s00 = a0.fma(w0, s00);
      s01 = a0.fma(w1, s01);
      s02 = a0.fma(w2, s02);
      s03 = a0.fma(w3, s03);
      FloatVector a1 = FloatVector.broadcast(FLOATS, x[x1 + k]);
      s10 = a1.fma(w0, s10);
      s11 = a1.fma(w1, s11);
      s12 = a1.fma(w2, s12);
      s13 = a1.fma(w3, s13);
      FloatVector a2 = FloatVector.broadcast(FLOATS, x[x2 + k]);
      s20 = a2.fma(w0, s20);
      s21 = a2.fma(w1, s21);
      s22 = a2.fma(w2, s22);
      s23 = a2.fma(w3, s23);
      FloatVector a3 = FloatVector.broadcast(FLOATS, x[x3 + k]);
      s30 = a3.fma(w0, s30);
      s31 = a3.fma(w1, s31);
      s32 = a3.fma(w2, s32);
      s33 = a3.fma(w3, s33);
    }
    s00.intoArray(y, yOffset);
    s01.intoArray(y, yOffset + C1);
    s02.intoArray(y, yOffset + C2);
    s03.intoArray(y, yOffset + C3);
    s10.intoArray(y, y1);
    s11.intoArray(y, y1 + C1);
    s12.intoArray(y, y1 + C2);
    s13.intoArray(y, y1 + C3);
    s20.intoArray(y, y2);
    s21.intoArray(y, y2 + C1);
    s22.intoArray(y, y2 + C2);
    s23.intoArray(y, y2 + C3);
    s30.intoArray(y, y3);
    s31.intoArray(y, y3 + C1);
    s32.intoArray(y, y3 + C2);
    s33.intoArray(y, y3 + C3);
  }
}
