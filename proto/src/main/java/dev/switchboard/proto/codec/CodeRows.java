package dev.switchboard.proto.codec;

/**
 * Quantised activations, {@code [count, width]}: a quarter of the bytes of F32, and no loss where
 * the receiver would have made the same codes of the floats.
 *
 * <p>The arrays are not copied: they may be longer than the rows, and must not change until the
 * message is written.
 *
 * @param block neighbours of a row that share a scale; divides width
 * @param codes signed, {@code [count, width]}
 * @param scales {@code [count, width / block]}
 */
@SuppressWarnings(
    "ArrayRecordComponent") // equality of rows is never asked for; the arrays are the point
public record CodeRows(int count, int width, int block, byte[] codes, float[] scales)
    implements WireRows {
  public CodeRows {
    if (count < 0 || width < 0 || block < 1 || width % block != 0) {
      throw new IllegalArgumentException(
          "codes of shape [" + count + ", " + width + "] in blocks of " + block);
    }
    long elements = (long) count * width;
    if (elements > codes.length || elements / block > scales.length) {
      throw new IllegalArgumentException(
          "codes of shape [%d, %d] in blocks of %d need %d codes and %d scales, given %d and %d"
              .formatted(
                  count, width, block, elements, elements / block, codes.length, scales.length));
    }
  }

  /** How many scales there are. */
  int scaleCount() {
    return count * (width / block);
  }
}
