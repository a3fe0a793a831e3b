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
 *     start at any byte, and lives as long as the file that it was read from is open; of a block
 *     type, a row (the last axis) is a whole number of blocks
 */
public record Tensor(String name, DType dtype, List<Long> shape, MemorySegment data) {
  static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Stands for data that is not here; never read. */
  private static final MemorySegment ELSEWHERE = MemorySegment.ofArray(new byte[0]).asReadOnly();

  public Tensor {
    shape = List.copyOf(shape);
    data = data.equals(ELSEWHERE) ? data : data.asReadOnly();
    if (dtype.isBlock() && (shape.isEmpty() || shape.getLast() % dtype.blockElements() != 0)) {
      throw new IllegalArgumentException(
          "tensor %s %s%s: its rows are no whole number of blocks of %s"
              .formatted(name, dtype, shape, dtype.blockElements()));
    }
    long bytes = dtype.bytes(elements(shape));
    if (!data.equals(ELSEWHERE) && bytes != data.byteSize()) {
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

  /**
   * A tensor whose numbers are not here: all but {@link #data} can be asked for.
   *
   * @see Checkpoint#elsewhere
   */
  public static Tensor elsewhere(String name, DType dtype, List<Long> shape) {
    return new Tensor(name, dtype, shape, ELSEWHERE);
  }

  /**
   * The bytes.
   *
   * @throws IllegalStateException if they are elsewhere: {@link Checkpoint#part} gets them
   */
  public MemorySegment data() {
    if (isElsewhere()) {
      throw new IllegalStateException("the bytes of tensor " + name + " are not here");
    }
    return data;
  }

  /** Whether only its shape is known here. */
  public boolean isElsewhere() {
    return data.equals(ELSEWHERE);
  }

  /** Bytes of the data, wherever they are. */
  public long byteSize() {
    return dtype.bytes(elements());
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
   * Where an element is stored, in bytes from the start of the data.
   *
   * @param element the first of a block
   */
  public long byteOffset(long element) {
    return dtype.bytes(element);
  }

  /**
   * All elements, row-major, widened as by {@link Widen}.
   *
   * @throws CheckpointException for a dtype that is no float or more than 2^31 - 9 elements
   */
  public float[] toFloats() {
    if (!Widen.TYPES.contains(dtype)) {
      throw new CheckpointException(
          "tensor %s is %s; expected one of %s for float values"
              .formatted(name, dtype, Widen.TYPES));
    }
    if (elements() > Integer.MAX_VALUE - 8) {
      throw new CheckpointException(
          "tensor %s has %s elements: too many for one array".formatted(name, elements()));
    }
    float[] values = new float[(int) elements()];
    Widen.row(dtype, data, 0, values, 0, values.length);
    return values;
  }

  /** The same numbers under another name. */
  public Tensor named(String other) {
    return new Tensor(other, dtype, shape, data);
  }

  /**
   * Tells the system that neighbouring elements of a mapped tensor are not needed for now: their
   * pages leave the process's resident memory, and are read again if they are looked at again.
   * Nothing happens for tensors in memory.
   *
   * @param first index of the first element, at the start of a block
   * @param elements how many; whole blocks
   */
  public void release(long first, long elements) {
    MemorySegment slice = data.asSlice(byteOffset(first), dtype.bytes(elements));
    if (slice.isMapped() && slice.byteSize() > 0) {
      slice.unload();
    }
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
