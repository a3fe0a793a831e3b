package dev.switchboard.model.kernel;

import static dev.switchboard.model.kernel.VectorShape.FLOATS;
import static dev.switchboard.model.kernel.VectorShape.LANES;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;

/**
 * Register blocks of attention over pages in native memory: one, four or twelve rows by two vectors
 * of keys, or of dimensions of values. Queries of a block lie {@code [dim][rows]}. Flat code,
 * accumulators in named locals, one rolled loop, no helper calls: see {@link VectorF32Blocks}.
 */
final class VectorAttentionBlocks {
  private static final ByteOrder LITTLE = ByteOrder.LITTLE_ENDIAN;

  /** Bytes of one dimension of a page of keys. */
  private static final long DIMENSION = 4L * KvShape.BLOCK_KEYS;

  private static final long NEXT = 4L * LANES;
  private static final int ROW = AttentionSet.ROW;

  private VectorAttentionBlocks() {}

  // size: arrays and offsets instead of views, nothing is allocated per call
  static void scores1(
      float[] q, int qOffset, int dim, MemorySegment page, long offset, float[] y, int yOffset) {
    FloatVector s00 = FloatVector.zero(FLOATS);
    FloatVector s01 = FloatVector.zero(FLOATS);
    for (int d = 0; d < dim; d++) {
      long at = offset + d * DIMENSION;
      FloatVector k0 = FloatVector.fromMemorySegment(FLOATS, page, at, LITTLE);
      FloatVector k1 = FloatVector.fromMemorySegment(FLOATS, page, at + NEXT, LITTLE);
      FloatVector a0 = FloatVector.broadcast(FLOATS, q[qOffset + d]);
      s00 = a0.fma(k0, s00);
      s01 = a0.fma(k1, s01);
    }
    s00.intoArray(y, yOffset);
    s01.intoArray(y, yOffset + LANES);
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  static void scores4(
      float[] q, int qOffset, int dim, MemorySegment page, long offset, float[] y, int yOffset) {
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
      int from = qOffset + 4 * d;
      FloatVector k0 = FloatVector.fromMemorySegment(FLOATS, page, at, LITTLE);
      FloatVector k1 = FloatVector.fromMemorySegment(FLOATS, page, at + NEXT, LITTLE);
      FloatVector a0 = FloatVector.broadcast(FLOATS, q[from]);
      s00 = a0.fma(k0, s00);
      s01 = a0.fma(k1, s01);
      FloatVector a1 = FloatVector.broadcast(FLOATS, q[from + 1]);
      s10 = a1.fma(k0, s10);
      s11 = a1.fma(k1, s11);
      FloatVector a2 = FloatVector.broadcast(FLOATS, q[from + 2]);
      s20 = a2.fma(k0, s20);
      s21 = a2.fma(k1, s21);
      FloatVector a3 = FloatVector.broadcast(FLOATS, q[from + 3]);
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
  static void scores12(
      float[] q, int qOffset, int dim, MemorySegment page, long offset, float[] y, int yOffset) {
    FloatVector s00 = FloatVector.zero(FLOATS);
    FloatVector s01 = FloatVector.zero(FLOATS);
    FloatVector s10 = FloatVector.zero(FLOATS);
    FloatVector s11 = FloatVector.zero(FLOATS);
    FloatVector s20 = FloatVector.zero(FLOATS);
    FloatVector s21 = FloatVector.zero(FLOATS);
    FloatVector s30 = FloatVector.zero(FLOATS);
    FloatVector s31 = FloatVector.zero(FLOATS);
    FloatVector s40 = FloatVector.zero(FLOATS);
    FloatVector s41 = FloatVector.zero(FLOATS);
    FloatVector s50 = FloatVector.zero(FLOATS);
    FloatVector s51 = FloatVector.zero(FLOATS);
    FloatVector s60 = FloatVector.zero(FLOATS);
    FloatVector s61 = FloatVector.zero(FLOATS);
    FloatVector s70 = FloatVector.zero(FLOATS);
    FloatVector s71 = FloatVector.zero(FLOATS);
    FloatVector s80 = FloatVector.zero(FLOATS);
    FloatVector s81 = FloatVector.zero(FLOATS);
    FloatVector s90 = FloatVector.zero(FLOATS);
    FloatVector s91 = FloatVector.zero(FLOATS);
    FloatVector sa0 = FloatVector.zero(FLOATS);
    FloatVector sa1 = FloatVector.zero(FLOATS);
    FloatVector sb0 = FloatVector.zero(FLOATS);
    FloatVector sb1 = FloatVector.zero(FLOATS);
    for (int d = 0; d < dim; d++) {
      long at = offset + d * DIMENSION;
      int from = qOffset + 12 * d;
      FloatVector k0 = FloatVector.fromMemorySegment(FLOATS, page, at, LITTLE);
      FloatVector k1 = FloatVector.fromMemorySegment(FLOATS, page, at + NEXT, LITTLE);
      FloatVector a0 = FloatVector.broadcast(FLOATS, q[from]);
      s00 = a0.fma(k0, s00);
      s01 = a0.fma(k1, s01);
      FloatVector a1 = FloatVector.broadcast(FLOATS, q[from + 1]);
      s10 = a1.fma(k0, s10);
      s11 = a1.fma(k1, s11);
      FloatVector a2 = FloatVector.broadcast(FLOATS, q[from + 2]);
      s20 = a2.fma(k0, s20);
      s21 = a2.fma(k1, s21);
      FloatVector a3 = FloatVector.broadcast(FLOATS, q[from + 3]);
      s30 = a3.fma(k0, s30);
      s31 = a3.fma(k1, s31);
      FloatVector a4 = FloatVector.broadcast(FLOATS, q[from + 4]);
      s40 = a4.fma(k0, s40);
      s41 = a4.fma(k1, s41);
      FloatVector a5 = FloatVector.broadcast(FLOATS, q[from + 5]);
      s50 = a5.fma(k0, s50);
      s51 = a5.fma(k1, s51);
      FloatVector a6 = FloatVector.broadcast(FLOATS, q[from + 6]);
      s60 = a6.fma(k0, s60);
      s61 = a6.fma(k1, s61);
      FloatVector a7 = FloatVector.broadcast(FLOATS, q[from + 7]);
      s70 = a7.fma(k0, s70);
      s71 = a7.fma(k1, s71);
      FloatVector a8 = FloatVector.broadcast(FLOATS, q[from + 8]);
      s80 = a8.fma(k0, s80);
      s81 = a8.fma(k1, s81);
      FloatVector a9 = FloatVector.broadcast(FLOATS, q[from + 9]);
      s90 = a9.fma(k0, s90);
      s91 = a9.fma(k1, s91);
      FloatVector aa = FloatVector.broadcast(FLOATS, q[from + 10]);
      sa0 = aa.fma(k0, sa0);
      sa1 = aa.fma(k1, sa1);
      FloatVector ab = FloatVector.broadcast(FLOATS, q[from + 11]);
      sb0 = ab.fma(k0, sb0);
      sb1 = ab.fma(k1, sb1);
    }
    s00.intoArray(y, yOffset);
    s01.intoArray(y, yOffset + LANES);
    s10.intoArray(y, yOffset + ROW);
    s11.intoArray(y, yOffset + ROW + LANES);
    s20.intoArray(y, yOffset + 2 * ROW);
    s21.intoArray(y, yOffset + 2 * ROW + LANES);
    s30.intoArray(y, yOffset + 3 * ROW);
    s31.intoArray(y, yOffset + 3 * ROW + LANES);
    s40.intoArray(y, yOffset + 4 * ROW);
    s41.intoArray(y, yOffset + 4 * ROW + LANES);
    s50.intoArray(y, yOffset + 5 * ROW);
    s51.intoArray(y, yOffset + 5 * ROW + LANES);
    s60.intoArray(y, yOffset + 6 * ROW);
    s61.intoArray(y, yOffset + 6 * ROW + LANES);
    s70.intoArray(y, yOffset + 7 * ROW);
    s71.intoArray(y, yOffset + 7 * ROW + LANES);
    s80.intoArray(y, yOffset + 8 * ROW);
    s81.intoArray(y, yOffset + 8 * ROW + LANES);
    s90.intoArray(y, yOffset + 9 * ROW);
    s91.intoArray(y, yOffset + 9 * ROW + LANES);
    sa0.intoArray(y, yOffset + 10 * ROW);
    sa1.intoArray(y, yOffset + 10 * ROW + LANES);
    sb0.intoArray(y, yOffset + 11 * ROW);
    sb1.intoArray(y, yOffset + 11 * ROW + LANES);
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
    FloatVector s00 = FloatVector.fromArray(FLOATS, y, yOffset);
    FloatVector s01 = FloatVector.fromArray(FLOATS, y, yOffset + LANES);
    for (int key = from; key < to; key++) {
      long at = offset + 4L * key * stride;
      FloatVector v0 = FloatVector.fromMemorySegment(FLOATS, page, at, LITTLE);
      FloatVector v1 = FloatVector.fromMemorySegment(FLOATS, page, at + NEXT, LITTLE);
      FloatVector a0 = FloatVector.broadcast(FLOATS, w[wOffset + key]);
      s00 = a0.fma(v0, s00);
      s01 = a0.fma(v1, s01);
    }
    s00.intoArray(y, yOffset);
    s01.intoArray(y, yOffset + LANES);
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  static void values1Wide(
      float[] w,
      int wOffset,
      int from,
      int to,
      MemorySegment page,
      long offset,
      int stride,
      float[] y,
      int yOffset) {
    FloatVector s00 = FloatVector.fromArray(FLOATS, y, yOffset);
    FloatVector s01 = FloatVector.fromArray(FLOATS, y, yOffset + LANES);
    FloatVector s02 = FloatVector.fromArray(FLOATS, y, yOffset + 2 * LANES);
    FloatVector s03 = FloatVector.fromArray(FLOATS, y, yOffset + 3 * LANES);
    for (int key = from; key < to; key++) {
      long at = offset + 4L * key * stride;
      FloatVector v0 = FloatVector.fromMemorySegment(FLOATS, page, at, LITTLE);
      FloatVector v1 = FloatVector.fromMemorySegment(FLOATS, page, at + NEXT, LITTLE);
      FloatVector v2 = FloatVector.fromMemorySegment(FLOATS, page, at + 2 * NEXT, LITTLE);
      FloatVector v3 = FloatVector.fromMemorySegment(FLOATS, page, at + 3 * NEXT, LITTLE);
      FloatVector a0 = FloatVector.broadcast(FLOATS, w[wOffset + key]);
      s00 = a0.fma(v0, s00);
      s01 = a0.fma(v1, s01);
      s02 = a0.fma(v2, s02);
      s03 = a0.fma(v3, s03);
    }
    s00.intoArray(y, yOffset);
    s01.intoArray(y, yOffset + LANES);
    s02.intoArray(y, yOffset + 2 * LANES);
    s03.intoArray(y, yOffset + 3 * LANES);
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
    FloatVector s00 = FloatVector.fromArray(FLOATS, y, yOffset);
    FloatVector s01 = FloatVector.fromArray(FLOATS, y, yOffset + LANES);
    FloatVector s10 = FloatVector.fromArray(FLOATS, y, yOffset + stride);
    FloatVector s11 = FloatVector.fromArray(FLOATS, y, yOffset + stride + LANES);
    FloatVector s20 = FloatVector.fromArray(FLOATS, y, yOffset + 2 * stride);
    FloatVector s21 = FloatVector.fromArray(FLOATS, y, yOffset + 2 * stride + LANES);
    FloatVector s30 = FloatVector.fromArray(FLOATS, y, yOffset + 3 * stride);
    FloatVector s31 = FloatVector.fromArray(FLOATS, y, yOffset + 3 * stride + LANES);
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
    s10.intoArray(y, yOffset + stride);
    s11.intoArray(y, yOffset + stride + LANES);
    s20.intoArray(y, yOffset + 2 * stride);
    s21.intoArray(y, yOffset + 2 * stride + LANES);
    s30.intoArray(y, yOffset + 3 * stride);
    s31.intoArray(y, yOffset + 3 * stride + LANES);
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  static void values12(
      float[] w,
      int wOffset,
      int from,
      int to,
      MemorySegment page,
      long offset,
      int stride,
      float[] y,
      int yOffset) {
    FloatVector s00 = FloatVector.fromArray(FLOATS, y, yOffset);
    FloatVector s01 = FloatVector.fromArray(FLOATS, y, yOffset + LANES);
    FloatVector s10 = FloatVector.fromArray(FLOATS, y, yOffset + stride);
    FloatVector s11 = FloatVector.fromArray(FLOATS, y, yOffset + stride + LANES);
    FloatVector s20 = FloatVector.fromArray(FLOATS, y, yOffset + 2 * stride);
    FloatVector s21 = FloatVector.fromArray(FLOATS, y, yOffset + 2 * stride + LANES);
    FloatVector s30 = FloatVector.fromArray(FLOATS, y, yOffset + 3 * stride);
    FloatVector s31 = FloatVector.fromArray(FLOATS, y, yOffset + 3 * stride + LANES);
    FloatVector s40 = FloatVector.fromArray(FLOATS, y, yOffset + 4 * stride);
    FloatVector s41 = FloatVector.fromArray(FLOATS, y, yOffset + 4 * stride + LANES);
    FloatVector s50 = FloatVector.fromArray(FLOATS, y, yOffset + 5 * stride);
    FloatVector s51 = FloatVector.fromArray(FLOATS, y, yOffset + 5 * stride + LANES);
    FloatVector s60 = FloatVector.fromArray(FLOATS, y, yOffset + 6 * stride);
    FloatVector s61 = FloatVector.fromArray(FLOATS, y, yOffset + 6 * stride + LANES);
    FloatVector s70 = FloatVector.fromArray(FLOATS, y, yOffset + 7 * stride);
    FloatVector s71 = FloatVector.fromArray(FLOATS, y, yOffset + 7 * stride + LANES);
    FloatVector s80 = FloatVector.fromArray(FLOATS, y, yOffset + 8 * stride);
    FloatVector s81 = FloatVector.fromArray(FLOATS, y, yOffset + 8 * stride + LANES);
    FloatVector s90 = FloatVector.fromArray(FLOATS, y, yOffset + 9 * stride);
    FloatVector s91 = FloatVector.fromArray(FLOATS, y, yOffset + 9 * stride + LANES);
    FloatVector sa0 = FloatVector.fromArray(FLOATS, y, yOffset + 10 * stride);
    FloatVector sa1 = FloatVector.fromArray(FLOATS, y, yOffset + 10 * stride + LANES);
    FloatVector sb0 = FloatVector.fromArray(FLOATS, y, yOffset + 11 * stride);
    FloatVector sb1 = FloatVector.fromArray(FLOATS, y, yOffset + 11 * stride + LANES);
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
      FloatVector a4 = FloatVector.broadcast(FLOATS, w[wOffset + 4 * ROW + key]);
      s40 = a4.fma(v0, s40);
      s41 = a4.fma(v1, s41);
      FloatVector a5 = FloatVector.broadcast(FLOATS, w[wOffset + 5 * ROW + key]);
      s50 = a5.fma(v0, s50);
      s51 = a5.fma(v1, s51);
      FloatVector a6 = FloatVector.broadcast(FLOATS, w[wOffset + 6 * ROW + key]);
      s60 = a6.fma(v0, s60);
      s61 = a6.fma(v1, s61);
      FloatVector a7 = FloatVector.broadcast(FLOATS, w[wOffset + 7 * ROW + key]);
      s70 = a7.fma(v0, s70);
      s71 = a7.fma(v1, s71);
      FloatVector a8 = FloatVector.broadcast(FLOATS, w[wOffset + 8 * ROW + key]);
      s80 = a8.fma(v0, s80);
      s81 = a8.fma(v1, s81);
      FloatVector a9 = FloatVector.broadcast(FLOATS, w[wOffset + 9 * ROW + key]);
      s90 = a9.fma(v0, s90);
      s91 = a9.fma(v1, s91);
      FloatVector aa = FloatVector.broadcast(FLOATS, w[wOffset + 10 * ROW + key]);
      sa0 = aa.fma(v0, sa0);
      sa1 = aa.fma(v1, sa1);
      FloatVector ab = FloatVector.broadcast(FLOATS, w[wOffset + 11 * ROW + key]);
      sb0 = ab.fma(v0, sb0);
      sb1 = ab.fma(v1, sb1);
    }
    s00.intoArray(y, yOffset);
    s01.intoArray(y, yOffset + LANES);
    s10.intoArray(y, yOffset + stride);
    s11.intoArray(y, yOffset + stride + LANES);
    s20.intoArray(y, yOffset + 2 * stride);
    s21.intoArray(y, yOffset + 2 * stride + LANES);
    s30.intoArray(y, yOffset + 3 * stride);
    s31.intoArray(y, yOffset + 3 * stride + LANES);
    s40.intoArray(y, yOffset + 4 * stride);
    s41.intoArray(y, yOffset + 4 * stride + LANES);
    s50.intoArray(y, yOffset + 5 * stride);
    s51.intoArray(y, yOffset + 5 * stride + LANES);
    s60.intoArray(y, yOffset + 6 * stride);
    s61.intoArray(y, yOffset + 6 * stride + LANES);
    s70.intoArray(y, yOffset + 7 * stride);
    s71.intoArray(y, yOffset + 7 * stride + LANES);
    s80.intoArray(y, yOffset + 8 * stride);
    s81.intoArray(y, yOffset + 8 * stride + LANES);
    s90.intoArray(y, yOffset + 9 * stride);
    s91.intoArray(y, yOffset + 9 * stride + LANES);
    sa0.intoArray(y, yOffset + 10 * stride);
    sa1.intoArray(y, yOffset + 10 * stride + LANES);
    sb0.intoArray(y, yOffset + 11 * stride);
    sb1.intoArray(y, yOffset + 11 * stride + LANES);
  }
}
