package dev.switchboard.proto.codec;

import com.google.protobuf.UnsafeByteOperations;
import dev.switchboard.proto.v1.DType;
import dev.switchboard.proto.v1.Tensor;

/** How rows become the fields of a {@code Tensor}. */
record RowsWriter(WireRows rows) {
  int elements() {
    return rows.count() * rows.width();
  }

  int elementBytes() {
    return switch (rows) {
      case TensorRows floats -> WireFloats.bytesPerElement(floats.dtype());
      case CodeRows codes -> 1;
      case SharedRows shared -> throw notHere(shared);
    };
  }

  /** Bytes of the field {@code data}. */
  long dataBytes() {
    return (long) elements() * elementBytes();
  }

  /** Everything of the tensor but its data. */
  Tensor description() {
    Tensor.Builder tensor = Tensor.newBuilder().addShape(rows.count()).addShape(rows.width());
    return switch (rows) {
      case TensorRows floats -> tensor.setDtype(floats.dtype()).build();
      case CodeRows codes -> {
        byte[] scales = new byte[4 * codes.scaleCount()];
        WireFloats.encode(DType.DTYPE_F32, codes.scales(), 0, codes.scaleCount(), scales);
        yield tensor
            .setDtype(DType.DTYPE_I8)
            .setScales(UnsafeByteOperations.unsafeWrap(scales))
            .setBlockWidth(codes.block())
            .build();
      }
      case SharedRows shared -> throw notHere(shared);
    };
  }

  /**
   * Writes {@code [from, from + count)} of the elements to the start of {@code bytes}; returns the
   * bytes written.
   */
  int encode(int from, int count, byte[] bytes) {
    return switch (rows) {
      case TensorRows floats ->
          WireFloats.encode(floats.dtype(), floats.values(), from, count, bytes);
      case CodeRows codes -> {
        System.arraycopy(codes.codes(), from, bytes, 0, count);
        yield count;
      }
      case SharedRows shared -> throw notHere(shared);
    };
  }

  private static IllegalArgumentException notHere(SharedRows rows) {
    return new IllegalArgumentException("rows in shared memory travel by a lane alone: " + rows);
  }
}
