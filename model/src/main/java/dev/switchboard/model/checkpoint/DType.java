package dev.switchboard.model.checkpoint;

import java.util.Arrays;
import java.util.Optional;

/**
 * Types of stored numbers, all little-endian. Most store each element by itself; a block type
 * stores a fixed number of neighbours of one row together, with common scales. Layouts of the block
 * types: {@code ggml-common.h} of ggml.
 */
public enum DType {
  BOOL(1),
  U8(1),
  I8(1),
  F8_E5M2(1),
  /** The form without infinities: 0x7f and 0xff are NaN, the largest value is 448. */
  F8_E4M3(1),
  I16(2),
  U16(2),
  F16(2),
  BF16(2),
  I32(4),
  U32(4),
  F32(4),
  F64(8),
  I64(8),
  U64(8),
  Q4_0(32, 18),
  Q4_1(32, 20),
  Q5_0(32, 22),
  Q5_1(32, 24),
  Q8_0(32, 34),
  Q2_K(256, 84),
  Q3_K(256, 110),
  Q4_K(256, 144),
  Q5_K(256, 176),
  Q6_K(256, 210),
  MXFP4(32, 17);

  private final int blockElements;
  private final int blockBytes;

  DType(int elementBytes) {
    this(1, elementBytes);
  }

  DType(int blockElements, int blockBytes) {
    this.blockElements = blockElements;
    this.blockBytes = blockBytes;
  }

  /** Elements that are stored together; 1 if each stands by itself. */
  public int blockElements() {
    return blockElements;
  }

  /** Bytes of one block; of one element where each stands by itself. */
  public int blockBytes() {
    return blockBytes;
  }

  /** Whether several elements are stored together. */
  public boolean isBlock() {
    return blockElements > 1;
  }

  /**
   * Bytes of one element.
   *
   * @throws IllegalStateException for a block type, whose elements have none of their own
   */
  public int elementBytes() {
    if (isBlock()) {
      throw new IllegalStateException(this + " stores blocks of " + blockElements + " elements");
    }
    return blockBytes;
  }

  /**
   * Bytes of that many elements.
   *
   * @throws IllegalArgumentException if they are no whole number of blocks
   * @throws ArithmeticException beyond 2^63 - 1
   */
  public long bytes(long elements) {
    if (elements % blockElements != 0) {
      throw new IllegalArgumentException(
          "%s elements are no whole number of %s blocks of %s"
              .formatted(elements, this, blockElements));
    }
    return Math.multiplyExact(elements / blockElements, (long) blockBytes);
  }

  /** The type of that name in a safetensors file; block types do not occur there. */
  static Optional<DType> named(String name) {
    return Arrays.stream(values())
        .filter(dtype -> !dtype.isBlock() && dtype.name().equals(name))
        .findFirst();
  }
}
