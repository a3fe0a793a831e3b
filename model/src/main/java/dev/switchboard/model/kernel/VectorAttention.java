package dev.switchboard.model.kernel;

import static dev.switchboard.model.kernel.KernelSet.VIRTUAL_LANES;
import static dev.switchboard.model.kernel.KvShape.BLOCK_KEYS;
import static dev.switchboard.model.kernel.VectorShape.FLOATS;
import static dev.switchboard.model.kernel.VectorShape.LANES;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/** Vector API twin of {@link ScalarAttention}; cuts rows and widths into register blocks. */
final class VectorAttention implements AttentionSet {
  /** Keys, or dimensions of values, of a register block: two vectors. */
  private static final int BLOCK = 2 * LANES;

  private final ScalarAttention scalar = new ScalarAttention();

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
    int r = 0;
    while (r < rows) {
      int four = rows - r >= 4 ? 4 : 1;
      int query = queryOffset + r * dim;
      int to = scoreOffset + r * PagedAttention.SEGMENT;
      for (int key = 0; key < BLOCK_KEYS; key += BLOCK) {
        long at = offset + 4L * key;
        if (four == 4) {
          VectorAttentionBlocks.scores4(queries, query, dim, block, at, scores, to + key);
        } else {
          VectorAttentionBlocks.scores1(queries, query, dim, block, at, scores, to + key);
        }
      }
      r += four;
    }
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
    int first = from - from % VIRTUAL_LANES;
    int last = (to + VIRTUAL_LANES - 1) / VIRTUAL_LANES * VIRTUAL_LANES;
    // What is not seen becomes e^(-infinity) = +0, which leaves the sums as they are.
    Arrays.fill(scores, offset + first, offset + from, Float.NEGATIVE_INFINITY);
    Arrays.fill(scores, offset + to, offset + last, Float.NEGATIVE_INFINITY);
    FloatVector most = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
    for (int i = offset + first; i < offset + last; i += LANES) {
      FloatVector score = FloatVector.fromArray(FLOATS, scores, i).mul(scale);
      score.intoArray(scores, i);
      most = most.max(score);
    }
    most.intoArray(lanes, 0);
    float max = lanes[0];
    for (int i = 1; i < LANES; i++) {
      max = Math.max(max, lanes[i]);
    }
    for (int lane = 0; lane < VIRTUAL_LANES; lane += LANES) {
      FloatVector sum = FloatVector.zero(FLOATS);
      for (int i = offset + first + lane; i < offset + last; i += VIRTUAL_LANES) {
        FloatVector weight = VectorMath.exp(FloatVector.fromArray(FLOATS, scores, i).sub(max));
        weight.intoArray(scores, i);
        sum = sum.add(weight);
      }
      sum.intoArray(lanes, lane);
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
    int r = 0;
    while (r < rows) {
      int four = rows - r >= 4 ? 4 : 1;
      int weight = weightOffset + r * PagedAttention.SEGMENT;
      int into = outOffset + r * stride;
      for (int d = 0; d < stride; d += BLOCK) {
        long at = offset + 4L * d;
        if (four == 4) {
          VectorAttentionBlocks.values4(
              weights, weight, from, to, block, at, stride, out, into + d);
        } else {
          VectorAttentionBlocks.values1(
              weights, weight, from, to, block, at, stride, out, into + d);
        }
      }
      r += four;
    }
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  @Override
  public void blend(float[] x, int xOffset, float a, float[] y, int yOffset, float b, int n) {
    int i = 0;
    FloatVector factor = FloatVector.broadcast(FLOATS, b);
    for (; i <= n - LANES; i += LANES) {
      factor
          .fma(
              FloatVector.fromArray(FLOATS, y, yOffset + i),
              FloatVector.fromArray(FLOATS, x, xOffset + i).mul(a))
          .intoArray(x, xOffset + i);
    }
    scalar.blend(x, xOffset + i, a, y, yOffset + i, b, n - i);
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  @Override
  public void divide(float[] x, int xOffset, float divisor, float[] out, int outOffset, int n) {
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      FloatVector.fromArray(FLOATS, x, xOffset + i).div(divisor).intoArray(out, outOffset + i);
    }
    scalar.divide(x, xOffset + i, divisor, out, outOffset + i, n - i);
  }
}
