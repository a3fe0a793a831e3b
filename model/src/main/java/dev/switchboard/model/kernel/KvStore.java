package dev.switchboard.model.kernel;

import static dev.switchboard.model.kernel.KvShape.BLOCK_KEYS;

import dev.switchboard.model.crew.Work;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Writes keys and values of consecutive tokens to their pages, block by block, shared out over a
 * crew. An instance belongs to a {@link Scratch}, and so to one thread.
 */
final class KvStore {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT;

  private final Scratch scratch;
  private final Work blocks = this::block;
  private KvShape kv = KvShape.NONE;
  private KvPages pages;
  private long position;
  private int tokens;
  private float[] keys = {};
  private int keyOffset;
  private float[] values = {};
  private int valueOffset;

  @SuppressWarnings("NullAway.Init") // pages are those of a call
  KvStore(Scratch scratch) {
    this.scratch = scratch;
  }

  /** See {@link AttentionKernels#store}. */
  // size: arrays and offsets instead of views, nothing is allocated per call
  void run(
      KvShape kv,
      KvPages pages,
      long position,
      int tokens,
      float[] keys,
      int keyOffset,
      float[] values,
      int valueOffset) {
    this.kv = kv;
    this.pages = pages;
    this.position = position;
    this.tokens = tokens;
    this.keys = keys;
    this.keyOffset = keyOffset;
    this.values = values;
    this.valueOffset = valueOffset;
    if (tokens > 0) {
      long count = (position + tokens - 1) / BLOCK_KEYS - position / BLOCK_KEYS + 1;
      scratch.crew().run(blocks, (int) count);
    }
  }

  private void block(int piece, int worker) {
    int index = (int) (position / BLOCK_KEYS) + piece;
    long start = Math.max(position, (long) index * BLOCK_KEYS);
    int first = (int) (start - position);
    int count = (int) Math.min(tokens - first, (index + 1L) * BLOCK_KEYS - start);
    int key = (int) (start % BLOCK_KEYS);
    MemorySegment block = pages.block(index);
    for (int head = 0; head < kv.heads(); head++) {
      int row = first * kv.heads() + head;
      long page = pages.layerOffset() + kv.keyOffset(head);
      keys(keyOffset + row * kv.keyDim(), count, block, page, key);
      if (!kv.latent()) {
        page = pages.layerOffset() + kv.valueOffset(head);
        values(valueOffset + row * kv.valueDim(), count, block, page, key);
      }
    }
  }

  /** Keys of so many tokens, the first at {@code from}, to a page {@code [keyDim][32]}. */
  private void keys(int from, int count, MemorySegment block, long page, int key) {
    int stride = kv.heads() * kv.keyDim();
    for (int d = 0; d < kv.keyDim(); d++) {
      int at = from + d;
      int to = d * BLOCK_KEYS + key;
      if (kv.type() == KvType.F32) {
        for (int t = 0; t < count; t++, at += stride) {
          block.set(FLOAT, page + 4L * (to + t), keys[at]);
        }
      } else {
        for (int t = 0; t < count; t++, at += stride) {
          block.set(SHORT, page + 2L * (to + t), Float.floatToFloat16(keys[at]));
        }
      }
    }
  }

  /** Values of so many tokens to a page {@code [32][valueStride]}. */
  private void values(int from, int count, MemorySegment block, long page, int key) {
    int dim = kv.valueDim();
    for (int t = 0; t < count; t++) {
      int at = from + t * kv.heads() * dim;
      int to = (key + t) * kv.valueStride();
      if (kv.type() == KvType.F32) {
        MemorySegment.copy(values, at, block, FLOAT, page + 4L * to, dim);
      } else {
        for (int d = 0; d < dim; d++) {
          block.set(SHORT, page + 2L * (to + d), Float.floatToFloat16(values[at + d]));
        }
      }
    }
  }
}
