package dev.switchboard.model.kernel;

import java.lang.foreign.MemorySegment;

/**
 * The steps of attention that look at every key; all implementations give the same bits. Rows are
 * queries of one key-value head, in blocks of {@link #rowBlock}. Scores of a row lie {@link #ROW}
 * apart. Pages are in native memory, or have been widened to an array. Arguments have been checked
 * by {@link AttentionKernels}.
 */
interface AttentionSet {
  /**
   * From one row's scores to the next: not a power of two, for those meet in the same lines of a
   * cache.
   */
  int ROW = PagedAttention.SEGMENT + 16;

  /** How many of so many rows are the next block. */
  int rowBlock(int rows);

  /**
   * Products of a block of queries and the 32 keys of a page: each one running sum over ascending
   * dimensions, with fma from +0. Keys that are not there yet give nonsense, which nobody may look
   * at.
   *
   * @param queries {@code [dim][rows]}
   * @param offset of the page {@code [dim][32]}, in bytes
   */
  // size: arrays and offsets instead of views, nothing is allocated per call
  void scores(
      float[] queries,
      int queryOffset,
      int rows,
      int dim,
      MemorySegment page,
      long offset,
      float[] scores,
      int scoreOffset);

  /** The same for a page in an array. */
  // size: arrays and offsets instead of views, nothing is allocated per call
  void scores(
      float[] queries,
      int queryOffset,
      int rows,
      int dim,
      float[] page,
      float[] scores,
      int scoreOffset);

  /**
   * Of one row's scores {@code [from, to)}: multiplies by the scale, finds the largest, replaces
   * each by e^(score - largest), and adds up in 16 virtual lanes (key j goes to lane j mod 16). May
   * overwrite what lies beside them in their blocks of 16.
   *
   * @param offset where key 0 of the segment lies
   * @param lanes room for 16
   * @param totals the largest goes to {@code totalOffset}, the sum beside it
   */
  // size: arrays and offsets instead of views, nothing is allocated per call
  void softmax(
      float[] scores,
      int offset,
      int from,
      int to,
      float scale,
      float[] lanes,
      float[] totals,
      int totalOffset);

  /**
   * out = fma(weight, value, out) for the keys {@code [from, to)} of a page, ascending.
   *
   * @param weights of the page's first key and the block's first row
   * @param offset of the page {@code [32][stride]}, in bytes
   * @param stride a multiple of 32, in floats
   * @param out {@code [rows, stride]}
   */
  // size: arrays and offsets instead of views, nothing is allocated per call
  void values(
      float[] weights,
      int weightOffset,
      int rows,
      int from,
      int to,
      MemorySegment page,
      long offset,
      int stride,
      float[] out,
      int outOffset);

  /** The same for a page in an array. */
  // size: arrays and offsets instead of views, nothing is allocated per call
  void values(
      float[] weights,
      int weightOffset,
      int rows,
      int from,
      int to,
      float[] page,
      int stride,
      float[] out,
      int outOffset);

  /** x = fma(b, y, x * a), n values. */
  // size: arrays and offsets instead of views, nothing is allocated per call
  void blend(float[] x, int xOffset, float a, float[] y, int yOffset, float b, int n);

  /** out = x / divisor, n values. */
  // size: arrays and offsets instead of views, nothing is allocated per call
  void divide(float[] x, int xOffset, float divisor, float[] out, int outOffset, int n);
}
