package dev.switchboard.proto.codec;

import dev.switchboard.proto.v1.DType;
import dev.switchboard.proto.v1.Tensor;
import java.io.IOException;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/**
 * One {@code Tensor} of two dimensions. Shape, type and length are checked against each other
 * before anything is allocated for the values.
 */
final class TensorReader {
  private static final int MAX_DIMENSIONS = 8;

  private final WireInput in;
  private final long end;
  private final long[] shape = new long[MAX_DIMENSIONS];
  private int dimensions;
  private int dtypeNumber;
  private boolean dataSeen;
  private byte @Nullable [] early;
  private float @Nullable [] values;

  TensorReader(WireInput in, int tensorBytes) {
    this.in = in;
    this.end = in.position() + tensorBytes;
  }

  TensorRows read() throws IOException {
    while (in.position() < end) {
      int tag = in.tag();
      switch (tag >>> 3) {
        case Tensor.SHAPE_FIELD_NUMBER -> readShape(tag & 7);
        case Tensor.DTYPE_FIELD_NUMBER ->
            dtypeNumber = (int) expect(tag, FrameReader.VARINT).varint();
        case Tensor.DATA_FIELD_NUMBER -> readData(tag);
        case Tensor.SCALES_FIELD_NUMBER, Tensor.BLOCK_WIDTH_FIELD_NUMBER ->
            throw new MalformedFrameException(
                "a tensor with block scales: this side takes DTYPE_F32 and DTYPE_BF16");
        default -> in.copyPayload(tag & 7, OutputStream.nullOutputStream());
      }
    }
    if (in.position() != end) {
      throw new MalformedFrameException("a field of the tensor runs over its end at byte " + end);
    }
    return finish();
  }

  private void readShape(int wireType) throws IOException {
    if (wireType == FrameReader.VARINT) {
      addDimension(in.varint());
      return;
    }
    if (wireType != FrameReader.LENGTH_DELIMITED) {
      throw new MalformedFrameException("wire type " + wireType + " for a tensor's shape");
    }
    int length = lengthWithin();
    long shapeEnd = in.position() + length;
    while (in.position() < shapeEnd) {
      addDimension(in.varint());
    }
  }

  private void addDimension(long extent) throws MalformedFrameException {
    if (dimensions == MAX_DIMENSIONS) {
      throw new MalformedFrameException("a tensor of more than " + MAX_DIMENSIONS + " dimensions");
    }
    shape[dimensions++] = extent & 0xFFFF_FFFFL;
  }

  private void readData(int tag) throws IOException {
    expect(tag, FrameReader.LENGTH_DELIMITED);
    if (dataSeen) {
      throw new MalformedFrameException("a tensor with two fields of data");
    }
    dataSeen = true;
    int length = lengthWithin();
    if (in.lengthKnown() && dimensions > 0 && dtypeNumber != 0) {
      values = readValues(dtype(), checkedElements(length));
    } else {
      early = in.bytes(length);
    }
  }

  private float[] readValues(DType dtype, int elements) throws IOException {
    float[] target = new float[elements];
    byte[] chunk = WireFloats.chunk();
    int width = WireFloats.bytesPerElement(dtype);
    int most = chunk.length / width;
    for (int done = 0; done < elements; ) {
      int count = Math.min(most, elements - done);
      in.readFully(chunk, count * width);
      WireFloats.decode(dtype, chunk, target, done, count);
      done += count;
    }
    return target;
  }

  private TensorRows finish() throws MalformedFrameException {
    if (values == null) {
      byte[] bytes = early == null ? new byte[0] : early;
      if (dimensions == 0 && dtypeNumber == 0 && bytes.length == 0) {
        return TensorRows.NONE;
      }
      int elements = checkedElements(bytes.length);
      values = new float[elements];
      WireFloats.decode(dtype(), bytes, values, 0, elements);
    }
    return new TensorRows((int) shape[0], (int) shape[1], dtype(), values);
  }

  private int checkedElements(int dataBytes) throws MalformedFrameException {
    if (dimensions != 2 || shape[0] > Integer.MAX_VALUE || shape[1] > Integer.MAX_VALUE) {
      throw new MalformedFrameException(
          "a tensor of shape " + shapeText() + ": expected [rows, width]");
    }
    long elements = shape[0] * shape[1];
    int width = WireFloats.bytesPerElement(dtype());
    if (elements > Integer.MAX_VALUE / width || elements * width != dataBytes) {
      throw new MalformedFrameException(
          "a tensor of shape %s and type %s with %d bytes of data: expected %d"
              .formatted(shapeText(), dtype(), dataBytes, elements * width));
    }
    return (int) elements;
  }

  private DType dtype() throws MalformedFrameException {
    DType dtype = DType.forNumber(dtypeNumber);
    if (dtype != DType.DTYPE_F32 && dtype != DType.DTYPE_BF16) {
      throw new MalformedFrameException(
          "a tensor of type %s: this side takes DTYPE_F32 and DTYPE_BF16"
              .formatted(dtype == null ? String.valueOf(dtypeNumber) : dtype.name()));
    }
    return dtype;
  }

  private String shapeText() {
    StringBuilder text = new StringBuilder("[");
    for (int i = 0; i < dimensions; i++) {
      text.append(i == 0 ? "" : ", ").append(shape[i]);
    }
    return text.append(']').toString();
  }

  private int lengthWithin() throws IOException {
    int length = in.length();
    if (length > end - in.position()) {
      throw new MalformedFrameException(
          "a field of %d bytes at byte %d runs over the tensor's end at %d"
              .formatted(length, in.position(), end));
    }
    return length;
  }

  private WireInput expect(int tag, int wireType) throws MalformedFrameException {
    if ((tag & 7) != wireType) {
      throw new MalformedFrameException(
          "field %d of a tensor has wire type %d, expected %d"
              .formatted(tag >>> 3, tag & 7, wireType));
    }
    return in;
  }
}
