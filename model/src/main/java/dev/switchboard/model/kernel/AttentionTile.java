package dev.switchboard.model.kernel;

import static dev.switchboard.model.kernel.KvShape.BLOCK_KEYS;
import static dev.switchboard.model.kernel.PagedAttention.SEGMENT;

import dev.switchboard.model.kernel.Scratch.Slot;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Some rows of one key-value head, so many as share each page while it is near: segment by segment,
 * first the scores of all pages, then the weights, then the values. While one page is computed the
 * memory sends the next.
 *
 * <p>An instance belongs to a {@link Scratch}, and so to one thread; its fields describe the rows
 * that are being computed.
 */
final class AttentionTile {
  /** Rows of a tile at most: with their scores they fit the second cache. */
  static final int ROWS = 48;

  /** Of a row: largest and sum of a segment. */
  static final int TOTALS = 2;

  /** Keys from the page that is computed to the one that the memory is asked for: two pages. */
  private static final int AHEAD = 2 * BLOCK_KEYS;

  private final AttentionSet set;
  private final Scratch scratch;
  private final AttentionPage page = new AttentionPage();
  private AttentionCall call;
  private int head;
  private int firstRow;
  private int rows;
  private float[] queries = {};
  private float[] scores = {};
  private float[] part = {};
  private float[] totals = {};
  private float[] running = {};
  private float[] runningTotals = {};

  /** Of each row: the first key of the segment that it sees, and the end of them. */
  private final int[] from = new int[ROWS];

  private final int[] to = new int[ROWS];

  @SuppressWarnings("NullAway.Init") // the call is that of the tile
  AttentionTile(AttentionSet set, Scratch scratch) {
    this.set = set;
    this.scratch = scratch;
  }

  /** Rows {@code firstRow} and following of a key-value head. */
  void begin(AttentionCall call, int head, int firstRow) {
    this.call = call;
    this.head = head;
    this.firstRow = firstRow;
    rows = Math.min(ROWS, call.rows() - firstRow);
    int stride = stride();
    queries = scratch.floats(Slot.ATTENTION_QUERIES, ROWS * call.shape.kv().keyDim());
    scores = scratch.floats(Slot.ATTENTION_SCORES, ROWS * AttentionSet.ROW);
    part = scratch.floats(Slot.ATTENTION_PART, ROWS * stride);
    totals = scratch.floats(Slot.ATTENTION_TOTALS, ROWS * TOTALS);
    running = scratch.floats(Slot.ATTENTION_RUNNING, ROWS * stride);
    runningTotals = scratch.floats(Slot.ATTENTION_RUNNING_TOTALS, ROWS * TOTALS);
    for (int row = 0; row < rows; row++) {
      runningTotals[row * TOTALS] = Float.NEGATIVE_INFINITY;
      runningTotals[row * TOTALS + 1] = 0f;
    }
  }

  private int stride() {
    return call.shape.kv().valueStride();
  }

  /** All of these rows: their output. */
  void whole() {
    gather();
    long last = call.position(firstRow + rows - 1);
    for (long start = call.firstSegment(firstRow); start <= last; start += SEGMENT) {
      compute(start);
      add(start, part, 0, totals, 0);
    }
    finish();
  }

  /**
   * What one segment gives.
   *
   * @param sums {@code [rows, stride]}
   * @param totalsTo {@code [rows, TOTALS]}
   */
  void segment(long start, float[] sums, int sumsOffset, float[] totalsTo, int totalsOffset) {
    gather();
    compute(start);
    System.arraycopy(part, 0, sums, sumsOffset, rows * stride());
    System.arraycopy(totals, 0, totalsTo, totalsOffset, rows * TOTALS);
  }

  /** Queries as the kernels take them: each block of rows {@code [dim][rows]}. */
  private void gather() {
    int dim = call.shape.kv().keyDim();
    int n;
    for (int row = 0; row < rows; row += n) {
      n = set.rowBlock(rows - row);
      for (int i = 0; i < n; i++) {
        int from = call.inOffset + call.headIndex(head, firstRow + row + i) * dim;
        int to = row * dim + i;
        for (int d = 0; d < dim; d++) {
          queries[to + d * n] = call.in[from + d];
        }
      }
    }
  }

  private void compute(long start) {
    long end = Math.min(start + SEGMENT, call.position(firstRow + rows - 1) + 1);
    end = Math.ceilDiv(end, BLOCK_KEYS) * (long) BLOCK_KEYS;
    long seen = call.shape.firstKey(call.position(firstRow));
    long first = Math.max(start, seen / BLOCK_KEYS * BLOCK_KEYS);
    look(start);
    for (long page = first; page < end; page += BLOCK_KEYS) {
      long next = page + AHEAD;
      if (next < end) {
        aheadOfKeys(next);
      } else if (first + (next - end) < end) {
        aheadOfValues(first + (next - end));
      }
      scores(page, (int) (page - start));
    }
    for (int row = 0; row < rows; row++) {
      if (from[row] < to[row]) {
        int at = row * AttentionSet.ROW;
        float scale = call.shape.scale();
        int total = row * TOTALS;
        set.softmax(scores, at, from[row], to[row], scale, scratch.lanes, totals, total);
      }
    }
    Arrays.fill(part, 0, rows * stride(), 0f);
    for (long page = first; page < end; page += BLOCK_KEYS) {
      long next = page + AHEAD;
      if (next < end) {
        aheadOfValues(next);
      } else {
        aheadOfKeys(start + call.segmentStep * (long) SEGMENT + (next - end));
      }
      values(page, (int) (page - start));
    }
  }

  private void aheadOfKeys(long key) {
    if (key > call.position(firstRow + rows - 1)) {
      return;
    }
    KvShape kv = call.shape.kv();
    long at = call.pages.layerOffset() + kv.keyOffset(head);
    MemoryAhead.ask(call.block(key), at, kv.keyPageBytes());
  }

  private void aheadOfValues(long key) {
    KvShape kv = call.shape.kv();
    if (!kv.latent()) {
      long at = call.pages.layerOffset() + kv.valueOffset(head);
      MemoryAhead.ask(call.block(key), at, kv.valuePageBytes());
    }
  }

  private void look(long start) {
    for (int row = 0; row < rows; row++) {
      from[row] = call.from(firstRow + row, start, SEGMENT);
      to[row] = call.to(firstRow + row, start, SEGMENT);
    }
  }

  private void scores(long key, int column) {
    KvShape kv = call.shape.kv();
    page.keys(kv, call.block(key), call.pages.layerOffset(), head);
    int dim = kv.keyDim();
    int n;
    for (int row = 0; row < rows; row += n) {
      n = set.rowBlock(rows - row);
      if (to[row + n - 1] <= column || from[row] >= column + BLOCK_KEYS) {
        continue;
      }
      int at = row * AttentionSet.ROW + column;
      if (page.inArray()) {
        set.scores(queries, row * dim, n, dim, page.floats(), scores, at);
      } else {
        set.scores(queries, row * dim, n, dim, page.block(), page.offset(), scores, at);
      }
    }
  }

  private void values(long key, int column) {
    int there = Math.min(BLOCK_KEYS, to[rows - 1] - column);
    page.values(call.shape.kv(), call.block(key), call.pages.layerOffset(), head, there);
    int n;
    for (int row = 0; row < rows; row += n) {
      n = set.rowBlock(rows - row);
      int first = Math.max(0, from[row + n - 1] - column);
      int end = Math.min(BLOCK_KEYS, to[row] - column);
      if (n == 1 || first == 0 && end == BLOCK_KEYS) {
        values(row, n, first, end, column);
      } else {
        atAnEdge(row, n, first, end, column);
      }
    }
  }

  /**
   * A block of rows of which some see a page in part: the keys {@code [first, end)} that all see
   * are taken together, those before and after them row by row.
   */
  private void atAnEdge(int row, int n, int first, int end, int column) {
    boolean together = first < end;
    int common = together ? first : BLOCK_KEYS;
    for (int i = row; i < row + n; i++) {
      int last = Math.min(common, to[i] - column);
      values(i, 1, Math.max(0, from[i] - column), last, column);
    }
    if (together) {
      values(row, n, first, end, column);
      for (int i = row; i < row + n; i++) {
        int last = Math.min(BLOCK_KEYS, to[i] - column);
        values(i, 1, Math.max(end, from[i] - column), last, column);
      }
    }
  }

  private void values(int row, int n, int first, int end, int column) {
    if (first >= end) {
      return;
    }
    int stride = stride();
    int weights = row * AttentionSet.ROW + column;
    int at = row * stride;
    if (page.inArray()) {
      set.values(scores, weights, n, first, end, page.floats(), stride, part, at);
    } else {
      MemorySegment block = page.block();
      set.values(scores, weights, n, first, end, block, page.offset(), stride, part, at);
    }
  }

  /** Adds what a segment gave, {@code [rows, stride]} and {@code [rows, TOTALS]}. */
  void add(long start, float[] sums, int sumsOffset, float[] totalsOf, int totalsOffset) {
    for (int row = 0; row < rows; row++) {
      int index = firstRow + row;
      if (call.from(index, start, SEGMENT) < call.to(index, start, SEGMENT)) {
        int at = totalsOffset + row * TOTALS;
        add(row, sums, sumsOffset + row * stride(), totalsOf[at], totalsOf[at + 1]);
      }
    }
  }

  private void add(int row, float[] sums, int from, float segmentMax, float segmentSum) {
    int stride = stride();
    int at = row * TOTALS;
    float max = runningTotals[at];
    float sum = runningTotals[at + 1];
    if (sum == 0f) {
      System.arraycopy(sums, from, running, row * stride, stride);
      runningTotals[at] = segmentMax;
      runningTotals[at + 1] = segmentSum;
      return;
    }
    float both = Math.max(max, segmentMax);
    float old = ScalarMath.exp(max - both);
    float young = ScalarMath.exp(segmentMax - both);
    set.blend(running, row * stride, old, sums, from, young, stride);
    runningTotals[at] = both;
    runningTotals[at + 1] = Math.fma(young, segmentSum, sum * old);
  }

  /** Writes the output. */
  void finish() {
    int dim = call.shape.kv().valueDim();
    for (int row = 0; row < rows; row++) {
      int index = call.headIndex(head, firstRow + row);
      float sum = runningTotals[row * TOTALS + 1];
      if (call.sinks.length > 0) {
        float sink = call.sinks[index % call.shape.heads()];
        sum = withSink(runningTotals[row * TOTALS], sum, sink);
      }
      int to = call.outOffset + index * dim;
      set.divide(running, row * stride(), sum, call.out, to, dim);
    }
  }

  /** The sum relative to {@code max} with one score more, which has no value. */
  private static float withSink(float max, float sum, float sink) {
    float both = Math.max(max, sink);
    float old = ScalarMath.exp(max - both);
    return Math.fma(old, sum, ScalarMath.exp(sink - both)) / old;
  }
}
