package dev.switchboard.model.kernel;

import static dev.switchboard.model.kernel.KernelSet.VIRTUAL_LANES;
import static dev.switchboard.model.kernel.KvShape.BLOCK_KEYS;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/** Plain Java. */
final class ScalarAttention implements AttentionSet {
  // size: arrays and offsets instead of views, nothing is allocated per call
  @Override
  public void scores(
      float[] queries,
      int queryOffset,
      int rows,
      int dim,
      MemorySegment block,
      long offset,
      float[] scores,
      int scoreOffset) {
    for (int r = 0; r < rows; r++) {
      int query = queryOffset + r * dim;
      int to = scoreOffset + r * PagedAttention.SEGMENT;
      for (int key = 0; key < BLOCK_KEYS; key++) {
        float sum = 0f;
        for (int d = 0; d < dim; d++) {
          sum = Math.fma(queries[query + d], at(block, offset, d * BLOCK_KEYS + key), sum);
        }
        scores[to + key] = sum;
      }
    }
  }

  private static float at(MemorySegment block, long offset, int index) {
    return block.get(ValueLayout.JAVA_FLOAT, offset + 4L * index);
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
      max = Math.max(max, scores[i]);
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
      MemorySegment block,
      long offset,
      int stride,
      float[] out,
      int outOffset) {
    for (int r = 0; r < rows; r++) {
      for (int key = from; key < to; key++) {
        float weight = weights[weightOffset + r * PagedAttention.SEGMENT + key];
        int at = outOffset + r * stride;
        for (int d = 0; d < stride; d++) {
          out[at + d] = Math.fma(weight, at(block, offset, key * stride + d), out[at + d]);
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
