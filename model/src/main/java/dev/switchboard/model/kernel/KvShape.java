package dev.switchboard.model.kernel;

import java.lang.foreign.MemorySegment;

/**
 * What one attention layer keeps of a token, and how it lies in a block of {@link #BLOCK_KEYS}
 * tokens: for each head a page of keys {@code [keyDim][keys]}, then a page of values {@code
 * [keys][valueStride]}. So keys are lanes where they meet a query, and a head's dimensions are
 * lanes where values are added up.
 *
 * @param heads of keys and values; 0 for a layer that keeps nothing
 * @param keyDim width of a key
 * @param valueDim width of a value
 * @param latent whether the values are the first {@code valueDim} dimensions of the keys, and kept
 *     as those only (multi-head latent attention)
 * @param type of what is kept
 */
public record KvShape(int heads, int keyDim, int valueDim, boolean latent, KvType type) {
  /** Tokens of a block. Divides a segment. */
  public static final int BLOCK_KEYS = 32;

  /** A layer that is not attention. */
  public static final KvShape NONE = new KvShape(0, 0, 0, false);

  /** Values are filled up to whole pairs of the widest vectors. */
  private static final int VALUE_STEP = 32;

  private static final int MAX_DIM = 1 << 16;

  public KvShape {
    boolean nothing = heads == 0 && keyDim == 0 && valueDim == 0;
    if (!nothing && (!fits(heads) || !fits(keyDim) || !fits(valueDim))) {
      throw new IllegalArgumentException(
          "keys and values of " + heads + " heads, " + keyDim + " and " + valueDim + " wide");
    }
    if (latent && (heads != 1 || valueDim > keyDim)) {
      throw new IllegalArgumentException(
          "latent values of " + heads + " heads, " + valueDim + " of " + keyDim + " dimensions");
    }
  }

  /** Kept as this process is told to: see {@link ArithmeticOptions#KEYS_AND_VALUES}. */
  public KvShape(int heads, int keyDim, int valueDim, boolean latent) {
    this(heads, keyDim, valueDim, latent, ArithmeticOptions.KEYS_AND_VALUES);
  }

  private static boolean fits(int count) {
    return count > 0 && count <= MAX_DIM;
  }

  /** From one key's value to the next, in values. */
  int valueStride() {
    return (valueDim + VALUE_STEP - 1) / VALUE_STEP * VALUE_STEP;
  }

  /** Values of one head in a block, of keys and values. */
  private long headValues() {
    return BLOCK_KEYS * ((long) keyDim + (latent ? 0 : valueStride()));
  }

  /** Bytes in a block; a multiple of 64. */
  public long blockBytes() {
    return Math.multiplyExact(heads * headValues(), (long) type.bytes());
  }

  /**
   * Copies what a block holds of its first tokens, and zeroes over what it holds of others.
   *
   * @param offset of the layer in both blocks
   * @param tokens in [0, {@link #BLOCK_KEYS}]
   */
  public void copy(MemorySegment from, MemorySegment to, long offset, int tokens) {
    to.asSlice(offset, blockBytes()).fill((byte) 0);
    long used = (long) tokens * type.bytes();
    long row = (long) BLOCK_KEYS * type.bytes();
    for (int head = 0; head < heads; head++) {
      long keys = offset + keyOffset(head);
      for (int d = 0; d < keyDim; d++) {
        MemorySegment.copy(from, keys + d * row, to, keys + d * row, used);
      }
      if (!latent) {
        long values = offset + valueOffset(head);
        MemorySegment.copy(from, values, to, values, used * valueStride());
      }
    }
  }

  /** Bytes from the layer's place in a block to a head's page of keys. */
  long keyOffset(int head) {
    return head * headValues() * type.bytes();
  }

  /** Bytes from the layer's place in a block to a head's page of values. */
  long valueOffset(int head) {
    return keyOffset(head) + keyPageBytes();
  }

  /** Bytes of a head's page of keys. */
  long keyPageBytes() {
    return (long) keyDim * BLOCK_KEYS * type.bytes();
  }

  /** Bytes of a head's page of values. */
  long valuePageBytes() {
    return (long) valueStride() * BLOCK_KEYS * type.bytes();
  }
}
