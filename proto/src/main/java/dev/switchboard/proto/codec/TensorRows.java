package dev.switchboard.proto.codec;

import dev.switchboard.proto.v1.DType;

/**
 * Floats, {@code [count, width]} row-major.
 *
 * <p>The array is not copied: it may be longer than the rows, and must not change until the message
 * is written.
 *
 * @param dtype type on the wire, F32 or BF16; BF16 is rounded to nearest even when written and
 *     widened exactly when read
 */
@SuppressWarnings(
    "ArrayRecordComponent") // equality of rows is never asked for; the array is the point
public record TensorRows(int count, int width, DType dtype, float[] values) implements WireRows {
  /** No tensor at all. */
  public static final TensorRows NONE = new TensorRows(0, 0, DType.DTYPE_F32, new float[0]);

  public TensorRows {
    if (count < 0 || width < 0) {
      throw new IllegalArgumentException(
          "rows of shape [" + count + ", " + width + "]: both must be 0 or more");
    }
    WireFloats.bytesPerElement(dtype);
    if ((long) count * width > values.length) {
      throw new IllegalArgumentException(
          "rows of shape ["
              + count
              + ", "
              + width
              + "] need "
              + (long) count * width
              + " values, given "
              + values.length);
    }
  }

  @Override
  public int block() {
    return 0;
  }

  /** F32 rows {@code [count, width]} on top of {@code values}. */
  public static TensorRows f32(int count, int width, float[] values) {
    return new TensorRows(count, width, DType.DTYPE_F32, values);
  }
}
