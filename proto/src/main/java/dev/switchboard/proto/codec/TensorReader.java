package dev.switchboard.proto.codec;

import dev.switchboard.proto.v1.DType;
import dev.switchboard.proto.v1.Tensor;
import java.io.IOException;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/**
 * One {@code Tensor} of two dimensions: floats, or codes with scales. Shape, type and length are
 * checked against each other before anything is allocated for the values.
 */
final class TensorReader {
  private static final int MAX_DIMENSIONS = 8;

  private final WireInput in;
  private final long end;
  private final long[] shape = new long[MAX_DIMENSIONS];
  private int dimensions;
  private int dtypeNumber;
  private boolean dataSeen;
  private int blockWidth;
  private boolean checked;
  private byte[] scales = {};
  private byte @Nullable [] raw;
  private float @Nullable [] values;

  TensorReader(WireInput in, int tensorBytes) {
    this.in = in;
    this.end = in.position() + tensorBytes;
  }

  WireRows read() throws IOException {
    while (in.position() < end) {
      int tag = in.tag();
      switch (tag >>> 3) {
        case Tensor.SHAPE_FIELD_NUMBER -> readShape(tag & 7);
        case Tensor.DTYPE_FIELD_NUMBER ->
            dtypeNumber = (int) expect(tag, FrameReader.VARINT).varint();
        case Tensor.DATA_FIELD_NUMBER -> readData(tag);
        case Tensor.SCALES_FIELD_NUMBER -> scales = expectBytes(tag);
        case Tensor.BLOCK_WIDTH_FIELD_NUMBER ->
            blockWidth = (int) Math.min(expect(tag, FrameReader.VARINT).varint(), 1 << 30);
        case Tensor.CHECKED_FIELD_NUMBER -> checked = expect(tag, FrameReader.VARINT).varint() != 0;
        default -> in.copyPayload(tag & 7, OutputStream.nullOutputStream());
      }
    }
    if (in.position() != end) {
      throw new MalformedFrameException("a field of the tensor runs over its end at byte " + end);
    }
    return finish();
  }

  /** Whether the message says that a checksum follows. */
  boolean checked() {
    return checked;
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
    boolean floats = dtypeNumber != 0 && dtypeNumber != DType.DTYPE_I8_VALUE;
    if (in.lengthKnown() && dimensions > 0 && floats) {
      values = readValues(dtype(), checkedElements(length));
    } else {
      raw = in.bytes(length);
    }
  }

  private byte[] expectBytes(int tag) throws IOException {
    expect(tag, FrameReader.LENGTH_DELIMITED);
    return in.bytes(lengthWithin());
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

  private WireRows finish() throws MalformedFrameException {
    byte[] bytes = raw == null ? new byte[0] : raw;
    if (dtypeNumber == DType.DTYPE_I8_VALUE) {
      return codes(bytes);
    }
    if (scales.length > 0 || blockWidth != 0) {
      throw new MalformedFrameException(
          "a tensor of type %s with block scales: only DTYPE_I8 has them".formatted(dtype()));
    }
    if (values == null) {
      if (dimensions == 0 && dtypeNumber == 0 && bytes.length == 0) {
        return TensorRows.NONE;
      }
      int elements = checkedElements(bytes.length);
      values = new float[elements];
      WireFloats.decode(dtype(), bytes, values, 0, elements);
    }
    return new TensorRows((int) shape[0], (int) shape[1], dtype(), values);
  }

  private CodeRows codes(byte[] bytes) throws MalformedFrameException {
    int elements = checkedElements(bytes.length);
    int width = (int) shape[1];
    if (blockWidth < 1 || width % blockWidth != 0 || scales.length != elements / blockWidth * 4L) {
      throw new MalformedFrameException(
          "codes of shape %s in blocks of %d with %d bytes of scales: expected 4 bytes a block"
              .formatted(shapeText(), blockWidth, scales.length));
    }
    float[] each = new float[elements / blockWidth];
    WireFloats.decode(DType.DTYPE_F32, scales, each, 0, each.length);
    return new CodeRows((int) shape[0], width, blockWidth, bytes, each);
  }

  private int checkedElements(int dataBytes) throws MalformedFrameException {
    if (dimensions != 2 || shape[0] > Integer.MAX_VALUE || shape[1] > Integer.MAX_VALUE) {
      throw new MalformedFrameException(
          "a tensor of shape " + shapeText() + ": expected [rows, width]");
    }
    long elements = shape[0] * shape[1];
    int width = dtype() == DType.DTYPE_I8 ? 1 : WireFloats.bytesPerElement(dtype());
    if (elements > Integer.MAX_VALUE / width || elements * width != dataBytes) {
      throw new MalformedFrameException(
          "a tensor of shape %s and type %s with %d bytes of data: expected %d"
              .formatted(shapeText(), dtype(), dataBytes, elements * width));
    }
    return (int) elements;
  }

  private DType dtype() throws MalformedFrameException {
    DType dtype = DType.forNumber(dtypeNumber);
    if (dtype != DType.DTYPE_F32 && dtype != DType.DTYPE_BF16 && dtype != DType.DTYPE_I8) {
      throw new MalformedFrameException(
          "a tensor of type %s: this side takes DTYPE_F32, DTYPE_BF16 and DTYPE_I8"
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
