package dev.switchboard.model.kernel;

import static dev.switchboard.model.kernel.KvShape.BLOCK_KEYS;

import dev.switchboard.model.kernel.Scratch.Slot;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Attention of the tokens of one step of one sequence, over keys and values in blocks.
 *
 * <p>Softmax goes by segments of 512 keys at absolute positions: each has its largest score, its
 * sum of weights and its weighted values; they are combined in ascending order, where the running
 * ones are scaled by e^(old largest - new largest). Nothing depends on which rows are computed
 * together: so a prompt gives the same bits whole, in chunks and token by token.
 *
 * <p>Rows are (token, query head) pairs of one key-value head, in tiles that share each page while
 * it is near: segment by segment, first the scores of all pages, then the weights, then the values.
 *
 * <p>An instance belongs to a {@link Scratch}, and so to one thread; its fields describe the call
 * that is running.
 */
final class PagedAttention {
  /** Keys of a segment. Changing it changes bits. */
  static final int SEGMENT = 512;

  /** Rows of a tile: with their scores they fit the second cache. */
  private static final int TILE = 64;

  /** Of a row: largest and sum of the segment, then the running largest and sum. */
  private static final int TOTALS = 4;

  private static final int MAX = 2;
  private static final int SUM = 3;

  private final AttentionSet set;
  private final Scratch scratch;
  private AttentionShape shape;
  private KvPages pages;
  private long firstPosition;
  private float[] queries = {};
  private float[] scores = {};
  private float[] part = {};
  private float[] running = {};
  private float[] totals = {};

  /** Rows {@code firstRow} to {@code firstRow + rows} of a key-value head make the tile. */
  private int firstRow;

  private int rows;

  @SuppressWarnings("NullAway.Init") // shape and pages are those of a call
  PagedAttention(AttentionSet set, Scratch scratch) {
    this.set = set;
    this.scratch = scratch;
  }

  /** See {@link AttentionKernels#attend}. */
  // size: arrays and offsets instead of views, nothing is allocated per call
  void run(
      AttentionShape shape,
      KvPages pages,
      long position,
      int tokens,
      float[] in,
      int inOffset,
      float[] sinks,
      float[] out,
      int outOffset) {
    this.shape = shape;
    this.pages = pages;
    this.firstPosition = position;
    reserve();
    int all = tokens * shape.group();
    for (int head = 0; head < shape.kv().heads(); head++) {
      for (firstRow = 0; firstRow < all; firstRow += TILE) {
        rows = Math.min(TILE, all - firstRow);
        gather(in, inOffset, head);
        long start = shape.firstKey(position(0)) / SEGMENT * SEGMENT;
        for (; start <= position(rows - 1); start += SEGMENT) {
          segment(head, start);
        }
        finish(head, sinks, out, outOffset);
      }
    }
  }

  private void reserve() {
    int stride = shape.kv().valueStride();
    queries = scratch.floats(Slot.ATTENTION_QUERIES, TILE * shape.kv().keyDim());
    scores = scratch.floats(Slot.ATTENTION_SCORES, TILE * SEGMENT);
    part = scratch.floats(Slot.ATTENTION_PART, TILE * stride);
    running = scratch.floats(Slot.ATTENTION_RUNNING, TILE * stride);
    totals = scratch.floats(Slot.ATTENTION_TOTALS, TILE * TOTALS);
  }

  private long position(int row) {
    return firstPosition + (firstRow + row) / shape.group();
  }

  /** Index of a row's query head among those of all tokens. */
  private int headIndex(int row, int head) {
    int token = (firstRow + row) / shape.group();
    return token * shape.heads() + head * shape.group() + (firstRow + row) % shape.group();
  }

  private void gather(float[] in, int inOffset, int head) {
    int dim = shape.kv().keyDim();
    for (int row = 0; row < rows; row++) {
      System.arraycopy(in, inOffset + headIndex(row, head) * dim, queries, row * dim, dim);
      totals[row * TOTALS + MAX] = Float.NEGATIVE_INFINITY;
      totals[row * TOTALS + SUM] = 0f;
    }
  }

  /** Adds what one segment gives to the running sums of the tile. */
  private void segment(int head, long start) {
    long end = Math.min(start + SEGMENT, position(rows - 1) + 1);
    long firstPage = Math.max(start, shape.firstKey(position(0)) / BLOCK_KEYS * BLOCK_KEYS);
    for (long page = firstPage; page < end; page += BLOCK_KEYS) {
      scores(head, page, (int) (page - start));
    }
    for (int row = 0; row < rows; row++) {
      int from = from(row, start, SEGMENT);
      int to = to(row, start, SEGMENT);
      if (from < to) {
        int at = row * TOTALS;
        set.softmax(scores, row * SEGMENT, from, to, shape.scale(), scratch.lanes, totals, at);
      }
    }
    Arrays.fill(part, 0, rows * shape.kv().valueStride(), 0f);
    for (long page = firstPage; page < end; page += BLOCK_KEYS) {
      values(head, page, (int) (page - start));
    }
    for (int row = 0; row < rows; row++) {
      if (from(row, start, SEGMENT) < to(row, start, SEGMENT)) {
        combine(row);
      }
    }
  }

  /** First of {@code keys} keys from {@code start} on that the row sees, relative to it. */
  private int from(int row, long start, int keys) {
    return (int) Math.clamp(shape.firstKey(position(row)) - start, 0, keys);
  }

  /** End of the keys, among {@code keys} from {@code start} on, that the row sees. */
  private int to(int row, long start, int keys) {
    return (int) Math.clamp(position(row) + 1 - start, 0, keys);
  }

  private void scores(int head, long page, int column) {
    int from = firstRowAt(page);
    int to = firstRowAt(page + BLOCK_KEYS - 1 + shape.window());
    int dim = shape.kv().keyDim();
    if (from < to) {
      set.scores(
          queries,
          from * dim,
          to - from,
          dim,
          block(page),
          pages.layerOffset() + shape.kv().keyOffset(head),
          scores,
          from * SEGMENT + column);
    }
  }

  /** First row of the tile at that position or beyond; their number if there is none. */
  private int firstRowAt(long position) {
    return (int) Math.clamp((position - firstPosition) * shape.group() - firstRow, 0, rows);
  }

  private MemorySegment block(long page) {
    return pages.block((int) (page / BLOCK_KEYS));
  }

  private void values(int head, long page, int column) {
    MemorySegment block = block(page);
    long offset = pages.layerOffset() + shape.kv().valueOffset(head);
    if (shape.kv().latent()) {
      block = turned(block, pages.layerOffset());
      offset = 0;
    }
    int stride = shape.kv().valueStride();
    int end = firstRowAt(page + BLOCK_KEYS - 1 + shape.window());
    int row = firstRowAt(page);
    while (row < end) {
      int from = from(row, page, BLOCK_KEYS);
      int to = to(row, page, BLOCK_KEYS);
      int next = row + 1;
      while (next < end
          && from(next, page, BLOCK_KEYS) == from
          && to(next, page, BLOCK_KEYS) == to) {
        next++;
      }
      int weights = row * SEGMENT + column;
      set.values(scores, weights, next - row, from, to, block, offset, stride, part, row * stride);
      row = next;
    }
  }

  /** Latent keys as a page of values. */
  private MemorySegment turned(MemorySegment block, long offset) {
    int stride = shape.kv().valueStride();
    MemorySegment page = scratch.page((long) BLOCK_KEYS * stride * Float.BYTES);
    for (int d = 0; d < shape.kv().valueDim(); d++) {
      long from = offset + (long) d * BLOCK_KEYS * Float.BYTES;
      for (int key = 0; key < BLOCK_KEYS; key++) {
        page.set(
            ValueLayout.JAVA_FLOAT,
            ((long) key * stride + d) * Float.BYTES,
            block.get(ValueLayout.JAVA_FLOAT, from + (long) key * Float.BYTES));
      }
    }
    return page;
  }

  private void combine(int row) {
    int stride = shape.kv().valueStride();
    int at = row * TOTALS;
    float segmentMax = totals[at];
    float segmentSum = totals[at + 1];
    float max = totals[at + MAX];
    float sum = totals[at + SUM];
    if (sum == 0f) {
      System.arraycopy(part, row * stride, running, row * stride, stride);
      totals[at + MAX] = segmentMax;
      totals[at + SUM] = segmentSum;
      return;
    }
    float both = Math.max(max, segmentMax);
    float old = ScalarMath.exp(max - both);
    float young = ScalarMath.exp(segmentMax - both);
    set.blend(running, row * stride, old, part, row * stride, young, stride);
    totals[at + MAX] = both;
    totals[at + SUM] = Math.fma(young, segmentSum, sum * old);
  }

  private void finish(int head, float[] sinks, float[] out, int outOffset) {
    int dim = shape.kv().valueDim();
    for (int row = 0; row < rows; row++) {
      int index = headIndex(row, head);
      float sum = totals[row * TOTALS + SUM];
      if (sinks.length > 0) {
        sum = withSink(totals[row * TOTALS + MAX], sum, sinks[index % shape.heads()]);
      }
      set.divide(running, row * shape.kv().valueStride(), sum, out, outOffset + index * dim, dim);
    }
  }

  /** The sum relative to {@code max} with one score more, which has no value. */
  private static float withSink(float max, float sum, float sink) {
    float both = Math.max(max, sink);
    float old = ScalarMath.exp(max - both);
    return Math.fma(old, sum, ScalarMath.exp(sink - both)) / old;
  }
}
