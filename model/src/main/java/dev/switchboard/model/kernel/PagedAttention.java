package dev.switchboard.model.kernel;

import dev.switchboard.model.crew.Work;
import dev.switchboard.model.kernel.Scratch.Slot;

/**
 * Attention of the tokens of one step of one sequence, over keys and values in blocks, shared out
 * over a crew.
 *
 * <p>Softmax goes by segments of 512 keys at absolute positions: each has its largest score, its
 * sum of weights and its weighted values; they are combined in ascending order, where the running
 * ones are scaled by e^(old largest - new largest). Nothing depends on which rows are computed
 * together, or by whom: so a prompt gives the same bits whole, in chunks and token by token.
 *
 * <p>A piece is a {@link AttentionTile tile} of rows with all its segments; where there are too few
 * tiles for all threads, as in generation with few key-value heads, it is one segment of a tile,
 * and the segments are combined afterwards.
 *
 * <p>An instance belongs to a {@link Scratch}, and so to one thread.
 */
final class PagedAttention {
  /** Keys of a segment. Changing it changes bits. */
  static final int SEGMENT = 512;

  /** Multiply-adds that are worth waking a worker for. */
  private static final long SHARED = 1 << 15;

  /** Tiles a thread with which no one waits long for another. */
  private static final int TILES_A_THREAD = 16;

  /** Floats that the segments of all tiles may take before they are combined. */
  private static final long MAX_SEGMENT_FLOATS = 1 << 22;

  private final Scratch scratch;
  private final AttentionCall call = new AttentionCall();
  private final Work tiles = this::tile;
  private final Work segments = this::segment;
  private final Work sums = this::sum;
  private int tilesOfHead;
  private int units;
  private long firstSegment;
  private int segmentCount;
  private float[] parts = {};
  private float[] totals = {};

  PagedAttention(Scratch scratch) {
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
    if (tokens == 0) {
      return;
    }
    call.shape = shape;
    call.pages = pages;
    call.position = position;
    call.tokens = tokens;
    call.in = in;
    call.inOffset = inOffset;
    call.sinks = sinks;
    call.out = out;
    call.outOffset = outOffset;
    call.segmentStep = 1;
    share();
  }

  private void share() {
    KvShape kv = call.shape.kv();
    int rows = call.rows();
    tilesOfHead = Math.ceilDiv(rows, AttentionTile.ROWS);
    units = kv.heads() * tilesOfHead;
    firstSegment = call.firstSegment(0);
    segmentCount = (int) ((call.position(rows - 1) - firstSegment) / SEGMENT) + 1;
    int threads = scratch.crew().threads();
    long keys = call.position(rows - 1) + 1 - call.shape.firstKey(call.position);
    long cost = keys * rows * kv.heads() * (kv.keyDim() + kv.valueDim());
    if (threads == 1 || cost < SHARED) {
      for (int unit = 0; unit < units; unit++) {
        tile(unit, 0);
      }
    } else if (units >= threads * TILES_A_THREAD || segmentCount == 1 || !segmentsFit()) {
      scratch.crew().run(tiles, units);
    } else {
      call.segmentStep = threads;
      parts = scratch.floats(Slot.ATTENTION_SEGMENTS, units * segmentCount * slot());
      totals = scratch.floats(Slot.ATTENTION_SEGMENT_TOTALS, units * segmentCount * totalsSlot());
      scratch.crew().run(segments, units * segmentCount);
      scratch.crew().run(sums, units);
    }
  }

  private boolean segmentsFit() {
    return (long) units * segmentCount * slot() <= MAX_SEGMENT_FLOATS;
  }

  private int slot() {
    int rows = Math.min(AttentionTile.ROWS, call.rows());
    return rows * call.shape.kv().valueStride();
  }

  private static int totalsSlot() {
    return AttentionTile.ROWS * AttentionTile.TOTALS;
  }

  /** The last rows of a head first: they have the most keys. */
  private AttentionTile begin(int unit, int worker) {
    AttentionTile tile = scratch.of(worker).attentionTile;
    int index = tilesOfHead - 1 - unit % tilesOfHead;
    tile.begin(call, unit / tilesOfHead, index * AttentionTile.ROWS);
    return tile;
  }

  private void tile(int unit, int worker) {
    begin(unit, worker).whole();
  }

  private void segment(int piece, int worker) {
    long start = firstSegment + (long) (piece % segmentCount) * SEGMENT;
    begin(piece / segmentCount, worker)
        .segment(start, parts, piece * slot(), totals, piece * totalsSlot());
  }

  private void sum(int unit, int worker) {
    AttentionTile tile = begin(unit, worker);
    for (int i = 0; i < segmentCount; i++) {
      int at = unit * segmentCount + i;
      tile.add(firstSegment + (long) i * SEGMENT, parts, at * slot(), totals, at * totalsSlot());
    }
    tile.finish();
  }
}
