package dev.switchboard.model.checkpoint;

import java.util.Arrays;
import java.util.Optional;

/** Element types of safetensors whose elements are whole bytes; all are little-endian in a file. */
public enum DType {
  BOOL(1),
  U8(1),
  I8(1),
  F8_E5M2(1),
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
  U64(8);

  private final int elementBytes;

  DType(int elementBytes) {
    this.elementBytes = elementBytes;
  }

  /** Bytes of one element. */
  public int elementBytes() {
    return elementBytes;
  }

  /**
   * Bytes of that many elements.
   *
   * @throws ArithmeticException beyond 2^63 - 1
   */
  public long bytes(long elements) {
    return Math.multiplyExact(elements, elementBytes);
  }

  static Optional<DType> named(String name) {
    return Arrays.stream(values()).filter(dtype -> dtype.name().equals(name)).findFirst();
  }
}
