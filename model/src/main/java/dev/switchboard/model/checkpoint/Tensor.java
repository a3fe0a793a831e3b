package dev.switchboard.model.checkpoint;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;

/**
 * A named array of numbers, as it lies in a file.
 *
 * @param shape extents, slowest first; empty for a scalar
 * @param data row-major, little-endian, read-only, {@code dtype.bytes(elements())} long; it may
 *     start at any byte, and lives as long as the file that it was read from is open
 */
public record Tensor(String name, DType dtype, List<Long> shape, MemorySegment data) {
  static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  public Tensor {
    shape = List.copyOf(shape);
    data = data.asReadOnly();
    long bytes = dtype.bytes(elements(shape));
    if (bytes != data.byteSize()) {
      throw new IllegalArgumentException(
          "tensor "
              + name
              + " "
              + dtype
              + shape
              + " needs "
              + bytes
              + " bytes, was given "
              + data.byteSize());
    }
  }

  /** Number of elements; 1 for a scalar. */
  public long elements() {
    return elements(shape);
  }

  /**
   * Extent along an axis.
   *
   * @throws ArithmeticException if it does not fit an int
   */
  public int dim(int axis) {
    return Math.toIntExact(shape.get(axis));
  }

  /**
   * All elements, row-major, widened exactly; F32, F16 and BF16 only.
   *
   * @throws CheckpointException for another dtype or more than 2^31 - 1 elements
   */
  public float[] toFloats() {
    if (elements() > Integer.MAX_VALUE - 8) {
      throw new CheckpointException(
          "tensor %s has %s elements: too many for one array".formatted(name, elements()));
    }
    float[] values = new float[(int) elements()];
    switch (dtype) {
      case F32 -> MemorySegment.copy(data, FLOAT, 0, values, 0, values.length);
      case F16 -> {
        for (int i = 0; i < values.length; i++) {
          values[i] = Float.float16ToFloat(data.get(SHORT, 2L * i));
        }
      }
      case BF16 -> {
        for (int i = 0; i < values.length; i++) {
          values[i] = BFloat16.toFloat(data.get(SHORT, 2L * i));
        }
      }
      default ->
          throw new CheckpointException(
              "tensor %s is %s; expected F32, F16 or BF16 for float values".formatted(name, dtype));
    }
    return values;
  }

  /** A copy that does not depend on any file. */
  public Tensor inMemory() {
    return new Tensor(
        name, dtype, shape, MemorySegment.ofArray(data.toArray(ValueLayout.JAVA_BYTE)));
  }

  /** {@code BF16[8192, 192]}: for messages. */
  String describe() {
    return dtype + shape.toString();
  }

  /**
   * The product of the extents.
   *
   * @throws ArithmeticException beyond 2^63 - 1
   * @throws IllegalArgumentException for a negative extent
   */
  static long elements(List<Long> shape) {
    long product = 1;
    for (long extent : shape) {
      if (extent < 0) {
        throw new IllegalArgumentException("negative extent in shape " + shape);
      }
      product = Math.multiplyExact(product, extent);
    }
    return product;
  }
}
