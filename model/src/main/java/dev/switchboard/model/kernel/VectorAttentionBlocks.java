package dev.switchboard.model.kernel;

import static dev.switchboard.model.kernel.VectorShape.FLOATS;
import static dev.switchboard.model.kernel.VectorShape.LANES;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;

/**
 * Register blocks of attention: one or four queries by two vectors of keys, or of dimensions of
 * values. Flat code, accumulators in named locals, one rolled loop, no helper calls: see {@link
 * VectorF32Blocks}.
 */
final class VectorAttentionBlocks {
  private static final ByteOrder LITTLE = ByteOrder.LITTLE_ENDIAN;

  /** Bytes of one dimension of a page of keys. */
  private static final long DIMENSION = 4L * KvShape.BLOCK_KEYS;

  private static final long NEXT = 4L * LANES;
  private static final int ROW = PagedAttention.SEGMENT;

  private VectorAttentionBlocks() {}

  // size: arrays and offsets instead of views, nothing is allocated per call
  static void scores1(
      float[] q, int qOffset, int dim, MemorySegment page, long offset, float[] y, int yOffset) {
    FloatVector s0 = FloatVector.zero(FLOATS);
    FloatVector s1 = FloatVector.zero(FLOATS);
    for (int d = 0; d < dim; d++) {
      long at = offset + d * DIMENSION;
      FloatVector a = FloatVector.broadcast(FLOATS, q[qOffset + d]);
      s0 = a.fma(FloatVector.fromMemorySegment(FLOATS, page, at, LITTLE), s0);
      s1 = a.fma(FloatVector.fromMemorySegment(FLOATS, page, at + NEXT, LITTLE), s1);
    }
    s0.intoArray(y, yOffset);
    s1.intoArray(y, yOffset + LANES);
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  static void scores4(
      float[] q, int qOffset, int dim, MemorySegment page, long offset, float[] y, int yOffset) {
    int q1 = qOffset + dim;
    int q2 = q1 + dim;
    int q3 = q2 + dim;
    FloatVector s00 = FloatVector.zero(FLOATS);
    FloatVector s01 = FloatVector.zero(FLOATS);
    FloatVector s10 = FloatVector.zero(FLOATS);
    FloatVector s11 = FloatVector.zero(FLOATS);
    FloatVector s20 = FloatVector.zero(FLOATS);
    FloatVector s21 = FloatVector.zero(FLOATS);
    FloatVector s30 = FloatVector.zero(FLOATS);
    FloatVector s31 = FloatVector.zero(FLOATS);
    for (int d = 0; d < dim; d++) {
      long at = offset + d * DIMENSION;
      FloatVector k0 = FloatVector.fromMemorySegment(FLOATS, page, at, LITTLE);
      FloatVector k1 = FloatVector.fromMemorySegment(FLOATS, page, at + NEXT, LITTLE);
      FloatVector a0 = FloatVector.broadcast(FLOATS, q[qOffset + d]);
      s00 = a0.fma(k0, s00);
      s01 = a0.fma(k1, s01);
      FloatVector a1 = FloatVector.broadcast(FLOATS, q[q1 + d]);
      s10 = a1.fma(k0, s10);
      s11 = a1.fma(k1, s11);
      FloatVector a2 = FloatVector.broadcast(FLOATS, q[q2 + d]);
      s20 = a2.fma(k0, s20);
      s21 = a2.fma(k1, s21);
      FloatVector a3 = FloatVector.broadcast(FLOATS, q[q3 + d]);
      s30 = a3.fma(k0, s30);
      s31 = a3.fma(k1, s31);
    }
    s00.intoArray(y, yOffset);
    s01.intoArray(y, yOffset + LANES);
    s10.intoArray(y, yOffset + ROW);
    s11.intoArray(y, yOffset + ROW + LANES);
    s20.intoArray(y, yOffset + 2 * ROW);
    s21.intoArray(y, yOffset + 2 * ROW + LANES);
    s30.intoArray(y, yOffset + 3 * ROW);
    s31.intoArray(y, yOffset + 3 * ROW + LANES);
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  static void values1(
      float[] w,
      int wOffset,
      int from,
      int to,
      MemorySegment page,
      long offset,
      int stride,
      float[] y,
      int yOffset) {
    FloatVector s0 = FloatVector.fromArray(FLOATS, y, yOffset);
    FloatVector s1 = FloatVector.fromArray(FLOATS, y, yOffset + LANES);
    for (int key = from; key < to; key++) {
      long at = offset + 4L * key * stride;
      FloatVector a = FloatVector.broadcast(FLOATS, w[wOffset + key]);
      s0 = a.fma(FloatVector.fromMemorySegment(FLOATS, page, at, LITTLE), s0);
      s1 = a.fma(FloatVector.fromMemorySegment(FLOATS, page, at + NEXT, LITTLE), s1);
    }
    s0.intoArray(y, yOffset);
    s1.intoArray(y, yOffset + LANES);
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  static void values4(
      float[] w,
      int wOffset,
      int from,
      int to,
      MemorySegment page,
      long offset,
      int stride,
      float[] y,
      int yOffset) {
    int y1 = yOffset + stride;
    int y2 = y1 + stride;
    int y3 = y2 + stride;
    FloatVector s00 = FloatVector.fromArray(FLOATS, y, yOffset);
    FloatVector s01 = FloatVector.fromArray(FLOATS, y, yOffset + LANES);
    FloatVector s10 = FloatVector.fromArray(FLOATS, y, y1);
    FloatVector s11 = FloatVector.fromArray(FLOATS, y, y1 + LANES);
    FloatVector s20 = FloatVector.fromArray(FLOATS, y, y2);
    FloatVector s21 = FloatVector.fromArray(FLOATS, y, y2 + LANES);
    FloatVector s30 = FloatVector.fromArray(FLOATS, y, y3);
    FloatVector s31 = FloatVector.fromArray(FLOATS, y, y3 + LANES);
    for (int key = from; key < to; key++) {
      long at = offset + 4L * key * stride;
      FloatVector v0 = FloatVector.fromMemorySegment(FLOATS, page, at, LITTLE);
      FloatVector v1 = FloatVector.fromMemorySegment(FLOATS, page, at + NEXT, LITTLE);
      FloatVector a0 = FloatVector.broadcast(FLOATS, w[wOffset + key]);
      s00 = a0.fma(v0, s00);
      s01 = a0.fma(v1, s01);
      FloatVector a1 = FloatVector.broadcast(FLOATS, w[wOffset + ROW + key]);
      s10 = a1.fma(v0, s10);
      s11 = a1.fma(v1, s11);
      FloatVector a2 = FloatVector.broadcast(FLOATS, w[wOffset + 2 * ROW + key]);
      s20 = a2.fma(v0, s20);
      s21 = a2.fma(v1, s21);
      FloatVector a3 = FloatVector.broadcast(FLOATS, w[wOffset + 3 * ROW + key]);
      s30 = a3.fma(v0, s30);
      s31 = a3.fma(v1, s31);
    }
    s00.intoArray(y, yOffset);
    s01.intoArray(y, yOffset + LANES);
    s10.intoArray(y, y1);
    s11.intoArray(y, y1 + LANES);
    s20.intoArray(y, y2);
    s21.intoArray(y, y2 + LANES);
    s30.intoArray(y, y3);
    s31.intoArray(y, y3 + LANES);
  }
}
