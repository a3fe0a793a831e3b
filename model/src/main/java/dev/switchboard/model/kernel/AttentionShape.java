package dev.switchboard.model.kernel;

/**
 * Sizes of attention. Query head h meets key-value head {@code h / (heads / kv.heads())}.
 *
 * @param heads of queries, a multiple of the key-value heads
 * @param scale of the products of queries and keys, positive
 * @param window key j is seen from i if {@code 0 <= i - j < window}; {@link #NO_WINDOW}: all up to
 *     i are
 */
public record AttentionShape(KvShape kv, int heads, float scale, int window) {
  public static final int NO_WINDOW = Integer.MAX_VALUE;

  public AttentionShape {
    if (kv.heads() < 1 || heads < 1 || heads % kv.heads() != 0) {
      throw new IllegalArgumentException(
          heads + " query heads do not divide among " + kv.heads() + " key-value heads");
    }
    if (!(scale > 0) || scale == Float.POSITIVE_INFINITY || window < 1) {
      throw new IllegalArgumentException(
          "scale " + scale + ", window " + window + "; expected positive numbers");
    }
  }

  /** Query heads of one key-value head. */
  int group() {
    return heads / kv.heads();
  }

  /** Queries of a token. */
  public int queryWidth() {
    return heads * kv.keyDim();
  }

  /** What a token gets: each query head's sum of values. */
  public int outputWidth() {
    return heads * kv.valueDim();
  }

  /** The first key that a position sees. */
  long firstKey(long position) {
    return Math.max(0, position - window + 1);
  }
}
