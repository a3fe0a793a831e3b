package dev.switchboard.model.kernel;

import static dev.switchboard.model.kernel.KernelSet.VIRTUAL_LANES;
import static dev.switchboard.model.kernel.KvShape.BLOCK_KEYS;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/** Plain Java. */
final class ScalarAttention implements AttentionSet {
  private static final int ROW_BLOCK = 4;

  @Override
  public int rowBlock(int rows) {
    return Math.min(rows, ROW_BLOCK);
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  @Override
  public void scores(
      float[] queries,
      int queryOffset,
      int rows,
      int dim,
      MemorySegment page,
      long offset,
      float[] scores,
      int scoreOffset) {
    float[] copy = copy(page, offset, dim * BLOCK_KEYS);
    scores(queries, queryOffset, rows, dim, copy, scores, scoreOffset);
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  @Override
  public void scores(
      float[] queries,
      int queryOffset,
      int rows,
      int dim,
      float[] page,
      float[] scores,
      int scoreOffset) {
    for (int r = 0; r < rows; r++) {
      int to = scoreOffset + r * ROW;
      for (int key = 0; key < BLOCK_KEYS; key++) {
        float sum = 0f;
        for (int d = 0; d < dim; d++) {
          sum = Math.fma(queries[queryOffset + d * rows + r], page[d * BLOCK_KEYS + key], sum);
        }
        scores[to + key] = sum;
      }
    }
  }

  /** This form is for where speed is no matter: it may allocate. */
  private static float[] copy(MemorySegment page, long offset, int n) {
    float[] copy = new float[n];
    MemorySegment.copy(page, ValueLayout.JAVA_FLOAT, offset, copy, 0, n);
    return copy;
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  @Override
  public void softmax(
      float[] scores,
      int offset,
      int from,
      int to,
      float scale,
      float[] lanes,
      float[] totals,
      int totalOffset) {
    float max = Float.NEGATIVE_INFINITY;
    for (int i = offset + from; i < offset + to; i++) {
      scores[i] *= scale;
      max = scores[i] > max ? scores[i] : max;
    }
    Arrays.fill(lanes, 0f);
    for (int i = from; i < to; i++) {
      float weight = ScalarMath.exp(scores[offset + i] - max);
      scores[offset + i] = weight;
      lanes[i % VIRTUAL_LANES] += weight;
    }
    totals[totalOffset] = max;
    totals[totalOffset + 1] = ScalarKernels.tree(lanes);
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  @Override
  public void values(
      float[] weights,
      int weightOffset,
      int rows,
      int from,
      int to,
      MemorySegment page,
      long offset,
      int stride,
      float[] out,
      int outOffset) {
    float[] copy = copy(page, offset, to * stride);
    values(weights, weightOffset, rows, from, to, copy, stride, out, outOffset);
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  @Override
  public void values(
      float[] weights,
      int weightOffset,
      int rows,
      int from,
      int to,
      float[] page,
      int stride,
      float[] out,
      int outOffset) {
    for (int r = 0; r < rows; r++) {
      for (int key = from; key < to; key++) {
        float weight = weights[weightOffset + r * ROW + key];
        int at = outOffset + r * stride;
        for (int d = 0; d < stride; d++) {
          out[at + d] = Math.fma(weight, page[key * stride + d], out[at + d]);
        }
      }
    }
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  @Override
  public void blend(float[] x, int xOffset, float a, float[] y, int yOffset, float b, int n) {
    for (int i = 0; i < n; i++) {
      x[xOffset + i] = Math.fma(b, y[yOffset + i], x[xOffset + i] * a);
    }
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  @Override
  public void divide(float[] x, int xOffset, float divisor, float[] out, int outOffset, int n) {
    for (int i = 0; i < n; i++) {
      out[outOffset + i] = x[xOffset + i] / divisor;
    }
  }
}
