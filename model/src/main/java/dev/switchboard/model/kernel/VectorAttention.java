package dev.switchboard.model.kernel;

import static dev.switchboard.model.kernel.KernelSet.VIRTUAL_LANES;
import static dev.switchboard.model.kernel.KvShape.BLOCK_KEYS;
import static dev.switchboard.model.kernel.VectorShape.FLOATS;
import static dev.switchboard.model.kernel.VectorShape.LANES;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** Vector API twin of {@link ScalarAttention}; cuts pages into register blocks. */
final class VectorAttention implements AttentionSet {
  /** Keys, or dimensions of values, of a register block: two vectors. */
  private static final int BLOCK = 2 * LANES;

  private final ScalarAttention scalar = new ScalarAttention();

  /** Twelve rows by two vectors want 27 registers; processors with narrow vectors have 16. */
  @Override
  public int rowBlock(int rows) {
    if (LANES == 16 && rows >= 12) {
      return 12;
    }
    return rows >= 4 ? 4 : 1;
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
    for (int key = 0; key < BLOCK_KEYS; key += BLOCK) {
      long at = offset + 4L * key;
      int to = scoreOffset + key;
      switch (rows) {
        case 12 -> VectorAttentionBlocks.scores12(queries, queryOffset, dim, page, at, scores, to);
        case 4 -> VectorAttentionBlocks.scores4(queries, queryOffset, dim, page, at, scores, to);
        default -> VectorAttentionBlocks.scores1(queries, queryOffset, dim, page, at, scores, to);
      }
    }
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
    for (int key = 0; key < BLOCK_KEYS; key += BLOCK) {
      int to = scoreOffset + key;
      switch (rows) {
        case 12 ->
            VectorAttentionHeapBlocks.scores12(queries, queryOffset, dim, page, key, scores, to);
        case 4 ->
            VectorAttentionHeapBlocks.scores4(queries, queryOffset, dim, page, key, scores, to);
        default ->
            VectorAttentionHeapBlocks.scores1(queries, queryOffset, dim, page, key, scores, to);
      }
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
    float max = scaledMax(scores, offset + first, offset + last, scale, lanes);
    for (int lane = 0; lane < VIRTUAL_LANES; lane += LANES) {
      weights(scores, offset + first + lane, offset + last, max, lanes, lane);
    }
    totals[totalOffset] = max;
    totals[totalOffset + 1] = ScalarKernels.tree(lanes);
  }

  /**
   * Multiplies by the scale; the largest. By comparing, as {@code max} of vectors costs five
   * instructions: NaN is passed over here, and shows in the weights.
   */
  private static float scaledMax(float[] scores, int from, int to, float scale, float[] lanes) {
    FloatVector a = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
    FloatVector b = a;
    int i = from;
    for (; i <= to - 2 * LANES; i += 2 * LANES) {
      FloatVector v = FloatVector.fromArray(FLOATS, scores, i).mul(scale);
      FloatVector w = FloatVector.fromArray(FLOATS, scores, i + LANES).mul(scale);
      v.intoArray(scores, i);
      w.intoArray(scores, i + LANES);
      a = a.blend(v, v.compare(VectorOperators.GT, a));
      b = b.blend(w, w.compare(VectorOperators.GT, b));
    }
    for (; i < to; i += LANES) {
      FloatVector v = FloatVector.fromArray(FLOATS, scores, i).mul(scale);
      v.intoArray(scores, i);
      a = a.blend(v, v.compare(VectorOperators.GT, a));
    }
    a.blend(b, b.compare(VectorOperators.GT, a)).intoArray(lanes, 0);
    float max = lanes[0];
    for (int lane = 1; lane < LANES; lane++) {
      max = lanes[lane] > max ? lanes[lane] : max;
    }
    return max;
  }

  /** e^(score - max) for every 16th block of lanes, and their sums. */
  // size: arrays and offsets instead of views, nothing is allocated per call
  private static void weights(
      float[] scores, int from, int to, float max, float[] sums, int sumsOffset) {
    FloatVector sum = FloatVector.zero(FLOATS);
    for (int i = from; i < to; i += VIRTUAL_LANES) {
      FloatVector weight =
          VectorMath.expOfNegative(FloatVector.fromArray(FLOATS, scores, i).sub(max));
      weight.intoArray(scores, i);
      sum = sum.add(weight);
    }
    sum.intoArray(sums, sumsOffset);
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
    int d = 0;
    for (; rows == 1 && d <= stride - 2 * BLOCK; d += 2 * BLOCK) {
      long at = offset + 4L * d;
      int into = outOffset + d;
      VectorAttentionBlocks.values1Wide(
          weights, weightOffset, from, to, page, at, stride, out, into);
    }
    for (; d < stride; d += BLOCK) {
      long at = offset + 4L * d;
      int into = outOffset + d;
      switch (rows) {
        case 12 ->
            VectorAttentionBlocks.values12(
                weights, weightOffset, from, to, page, at, stride, out, into);
        case 4 ->
            VectorAttentionBlocks.values4(
                weights, weightOffset, from, to, page, at, stride, out, into);
        default ->
            VectorAttentionBlocks.values1(
                weights, weightOffset, from, to, page, at, stride, out, into);
      }
    }
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
    int d = 0;
    for (; rows == 1 && d <= stride - 2 * BLOCK; d += 2 * BLOCK) {
      int at = d;
      int into = outOffset + d;
      VectorAttentionHeapBlocks.values1Wide(
          weights, weightOffset, from, to, page, at, stride, out, into);
    }
    for (; d < stride; d += BLOCK) {
      int at = d;
      int into = outOffset + d;
      switch (rows) {
        case 12 ->
            VectorAttentionHeapBlocks.values12(
                weights, weightOffset, from, to, page, at, stride, out, into);
        case 4 ->
            VectorAttentionHeapBlocks.values4(
                weights, weightOffset, from, to, page, at, stride, out, into);
        default ->
            VectorAttentionHeapBlocks.values1(
                weights, weightOffset, from, to, page, at, stride, out, into);
      }
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
