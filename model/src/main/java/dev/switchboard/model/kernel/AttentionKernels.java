package dev.switchboard.model.kernel;

import static dev.switchboard.model.kernel.KvShape.BLOCK_KEYS;

import java.lang.foreign.MemorySegment;

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
      int valueOffset,
      Scratch scratch) {
    check("keys", keys, keyOffset, tokens, (long) kv.heads() * kv.keyDim(), kv);
    if (!kv.latent()) {
      check("values", values, valueOffset, tokens, (long) kv.heads() * kv.valueDim(), kv);
    }
    checkPages(kv, pages, position, position, tokens);
    scratch.kvStore.run(kv, pages, position, tokens, keys, keyOffset, values, valueOffset);
  }

  /**
   * Turns the heads of consecutive tokens by their positions, in place.
   *
   * @param position of the first token
   * @param x head i of token t begins to turn at {@code offset + t * rowStride + i * headStride}
   */
  // size: arrays and offsets instead of views, nothing is allocated per call
  public static void turn(
      Turns turns,
      long position,
      int tokens,
      float[] x,
      int offset,
      int heads,
      int headStride,
      int rowStride,
      Scratch scratch) {
    if (position < 0 || tokens < 0 || heads < 1 || headStride < 0 || rowStride < 0) {
      throw new IllegalArgumentException(
          tokens + " tokens of " + heads + " heads at position " + position);
    }
    scratch.rotation.run(turns, position, tokens, x, offset, heads, headStride, rowStride);
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
