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
 * Register blocks of BF16 panels in pair order: 1, 2, 4 or 6 rows by four vectors of outputs, added
 * to y. Weights are widened by a shift and a mask, which is exact. Flat code, accumulators in named
 * locals, one rolled loop over the columns, no helper calls: the shape that the JIT compiler turns
 * into registers and fma alone. Hence also the many parameters and the repetition.
 */
final class VectorBf16Blocks {
  private static final ByteOrder LITTLE = ByteOrder.LITTLE_ENDIAN;

  /** Bytes of one column of a panel. */
  private static final long COLUMN = 2L * PackedMatrix.PANEL;

  private static final int HIGH_HALF = 0xffff0000;

  /**
   * Outputs of the four vectors of a block, from its first: low and high halves of two vectors of
   * pairs.
   */
  private static final int C1 = 16;

  private static final int C2 = PAIR_STEP;
  private static final int C3 = PAIR_STEP + 16;

  private VectorBf16Blocks() {}

  // size: arrays and offsets instead of views, nothing is allocated per call
  static void rows1(
      float[] x, int xOffset, MemorySegment w, long offset, int depth, float[] y, int yOffset) {
    FloatVector s00 = FloatVector.fromArray(FLOATS, y, yOffset);
    FloatVector s01 = FloatVector.fromArray(FLOATS, y, yOffset + C1);
    FloatVector s02 = FloatVector.fromArray(FLOATS, y, yOffset + C2);
    FloatVector s03 = FloatVector.fromArray(FLOATS, y, yOffset + C3);
    for (int k = 0; k < depth; k++) {
      long at = offset + k * COLUMN;
      IntVector p0 = IntVector.fromMemorySegment(INTS, w, at, LITTLE);
      IntVector p1 = IntVector.fromMemorySegment(INTS, w, at + 4L * LANES, LITTLE);
      FloatVector w0 = p0.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
      FloatVector w1 = p0.and(HIGH_HALF).reinterpretAsFloats();
      FloatVector w2 = p1.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
      FloatVector w3 = p1.and(HIGH_HALF).reinterpretAsFloats();
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
    for (int k = 0; k < depth; k++) {
      long at = offset + k * COLUMN;
      IntVector p0 = IntVector.fromMemorySegment(INTS, w, at, LITTLE);
      IntVector p1 = IntVector.fromMemorySegment(INTS, w, at + 4L * LANES, LITTLE);
      FloatVector w0 = p0.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
      FloatVector w1 = p0.and(HIGH_HALF).reinterpretAsFloats();
      FloatVector w2 = p1.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
      FloatVector w3 = p1.and(HIGH_HALF).reinterpretAsFloats();
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
    for (int k = 0; k < depth; k++) {
      long at = offset + k * COLUMN;
      IntVector p0 = IntVector.fromMemorySegment(INTS, w, at, LITTLE);
      IntVector p1 = IntVector.fromMemorySegment(INTS, w, at + 4L * LANES, LITTLE);
      FloatVector w0 = p0.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
      FloatVector w1 = p0.and(HIGH_HALF).reinterpretAsFloats();
      FloatVector w2 = p1.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
      FloatVector w3 = p1.and(HIGH_HALF).reinterpretAsFloats();
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

  // size: arrays and offsets instead of views, nothing is allocated per call
  static void rows6(
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
    int x4 = xOffset + 4 * xStride;
    int x5 = xOffset + 5 * xStride;
    int y1 = yOffset + yStride;
    int y2 = yOffset + 2 * yStride;
    int y3 = yOffset + 3 * yStride;
    int y4 = yOffset + 4 * yStride;
    int y5 = yOffset + 5 * yStride;
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
    FloatVector s40 = FloatVector.fromArray(FLOATS, y, y4);
    FloatVector s41 = FloatVector.fromArray(FLOATS, y, y4 + C1);
    FloatVector s42 = FloatVector.fromArray(FLOATS, y, y4 + C2);
    FloatVector s43 = FloatVector.fromArray(FLOATS, y, y4 + C3);
    FloatVector s50 = FloatVector.fromArray(FLOATS, y, y5);
    FloatVector s51 = FloatVector.fromArray(FLOATS, y, y5 + C1);
    FloatVector s52 = FloatVector.fromArray(FLOATS, y, y5 + C2);
    FloatVector s53 = FloatVector.fromArray(FLOATS, y, y5 + C3);
    for (int k = 0; k < depth; k++) {
      long at = offset + k * COLUMN;
      IntVector p0 = IntVector.fromMemorySegment(INTS, w, at, LITTLE);
      IntVector p1 = IntVector.fromMemorySegment(INTS, w, at + 4L * LANES, LITTLE);
      FloatVector w0 = p0.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
      FloatVector w1 = p0.and(HIGH_HALF).reinterpretAsFloats();
      FloatVector w2 = p1.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
      FloatVector w3 = p1.and(HIGH_HALF).reinterpretAsFloats();
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
      FloatVector a4 = FloatVector.broadcast(FLOATS, x[x4 + k]);
      s40 = a4.fma(w0, s40);
      s41 = a4.fma(w1, s41);
      s42 = a4.fma(w2, s42);
      s43 = a4.fma(w3, s43);
      FloatVector a5 = FloatVector.broadcast(FLOATS, x[x5 + k]);
      s50 = a5.fma(w0, s50);
      s51 = a5.fma(w1, s51);
      s52 = a5.fma(w2, s52);
      s53 = a5.fma(w3, s53);
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
    s40.intoArray(y, y4);
    s41.intoArray(y, y4 + C1);
    s42.intoArray(y, y4 + C2);
    s43.intoArray(y, y4 + C3);
    s50.intoArray(y, y5);
    s51.intoArray(y, y5 + C1);
    s52.intoArray(y, y5 + C2);
    s53.intoArray(y, y5 + C3);
  }
}
