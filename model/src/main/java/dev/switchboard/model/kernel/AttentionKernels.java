package dev.switchboard.model.kernel;

import static dev.switchboard.model.kernel.KvShape.BLOCK_KEYS;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Attention over keys and values in blocks, checked: {@link IllegalArgumentException} where shapes
 * do not fit. The same bits for a prompt in one piece, in chunks, or token by token.
 */
public final class AttentionKernels {
  private static final AttentionSet SET =
      KernelChoice.vectors() ? Vector.make() : new ScalarAttention();

  private AttentionKernels() {}

  /** Loaded only where the vector module is. */
  private static final class Vector {
    static AttentionSet make() {
      return new VectorAttention();
    }
  }

  static AttentionSet set() {
    return SET;
  }

  /** Lets the compiler see attention, on tiny shapes; worth it where a model has some. */
  public static void warm() {
    AttentionWarmup.run();
  }

  /**
   * Writes keys and values of consecutive tokens to their places.
   *
   * @param position of the first of them
   * @param keys {@code [tokens, kv.heads * keyDim]}
   * @param values {@code [tokens, kv.heads * valueDim]}; not looked at where values are latent
   */
  // size: arrays and offsets instead of views, nothing is allocated per call
  public static void store(
      KvShape kv,
      KvPages pages,
      long position,
      int tokens,
      float[] keys,
      int keyOffset,
      float[] values,
      int valueOffset) {
    check("keys", keys, keyOffset, tokens, (long) kv.heads() * kv.keyDim(), kv);
    if (!kv.latent()) {
      check("values", values, valueOffset, tokens, (long) kv.heads() * kv.valueDim(), kv);
    }
    checkPages(kv, pages, position, position, tokens);
    for (int t = 0; t < tokens; t++) {
      MemorySegment block = pages.block((int) ((position + t) / BLOCK_KEYS));
      int key = (int) ((position + t) % BLOCK_KEYS);
      for (int head = 0; head < kv.heads(); head++) {
        int row = t * kv.heads() + head;
        long to = pages.layerOffset() + kv.keyOffset(head) + 4L * key;
        storeKey(keys, keyOffset + row * kv.keyDim(), kv.keyDim(), block, to);
        if (!kv.latent()) {
          long at = pages.layerOffset() + kv.valueOffset(head) + 4L * key * kv.valueStride();
          MemorySegment.copy(
              values,
              valueOffset + row * kv.valueDim(),
              block,
              ValueLayout.JAVA_FLOAT,
              at,
              kv.valueDim());
        }
      }
    }
  }

  private static void storeKey(float[] keys, int from, int dim, MemorySegment block, long to) {
    for (int d = 0; d < dim; d++) {
      block.set(ValueLayout.JAVA_FLOAT, to + 4L * d * BLOCK_KEYS, keys[from + d]);
    }
  }

  /**
   * Attention of consecutive tokens, whose own keys and values have been stored: softmax(scale q
   * K^T) V over the keys up to each token, within the window.
   *
   * @param position of the first token
   * @param queries {@code [tokens, heads * keyDim]}
   * @param sinks {@code [heads]}: one more score in each head's softmax, without a value; empty for
   *     none
   * @param out {@code [tokens, heads * valueDim]}
   */
  // size: arrays and offsets instead of views, nothing is allocated per call
  public static void attend(
      AttentionShape shape,
      KvPages pages,
      long position,
      int tokens,
      float[] queries,
      int queryOffset,
      float[] sinks,
      float[] out,
      int outOffset,
      Scratch scratch) {
    check("queries", queries, queryOffset, tokens, shape.queryWidth(), shape);
    check("out", out, outOffset, tokens, shape.outputWidth(), shape);
    if (sinks.length != 0 && sinks.length != shape.heads()) {
      throw new IllegalArgumentException(sinks.length + " sinks for " + shape);
    }
    checkPages(shape.kv(), pages, position, shape.firstKey(position), tokens);
    scratch.attention.run(
        shape, pages, position, tokens, queries, queryOffset, sinks, out, outOffset);
  }

  private static void checkPages(
      KvShape kv, KvPages pages, long position, long firstKey, int tokens) {
    if (position < 0 || tokens < 0 || position > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(tokens + " tokens at position " + position);
    }
    long bytes = pages.layerOffset() + kv.blockBytes();
    for (long page = firstKey / BLOCK_KEYS; page * BLOCK_KEYS < position + tokens; page++) {
      MemorySegment block = pages.block((int) page);
      if (!block.isNative() || block.byteSize() < bytes || pages.layerOffset() < 0) {
        throw new IllegalArgumentException(
            "a block of " + block.byteSize() + " bytes; expected native memory of " + bytes);
      }
    }
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  private static void check(
      String name, float[] array, int offset, int rows, long columns, Object what) {
    if (rows < 0 || offset < 0 || offset + rows * columns > array.length) {
      throw new IllegalArgumentException(
          what
              + ": "
              + name
              + " ["
              + rows
              + ", "
              + columns
              + "] at offset "
              + offset
              + " does not lie in an array of "
              + array.length);
    }
  }
}
