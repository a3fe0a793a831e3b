package dev.switchboard.proto.codec;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.MessageLite;
import dev.switchboard.proto.v1.Tensor;
import io.grpc.Drainable;
import io.grpc.KnownLength;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * The bytes of one frame: the header message, then the tensor as the field that both messages
 * number 15, whose own last field is the data, then the checksum of all this. A message without a
 * tensor has none. Transports drain it, chunk by chunk, straight from the caller's array.
 */
final class FrameStream extends InputStream implements KnownLength, Drainable {
  /** The tag of the checksum, two bytes as its number is above 15, and the checksum. */
  private static final int SUFFIX_BYTES = 2 + Integer.BYTES;

  private final byte[] prefix;
  private final RowsWriter rows;
  private final int length;
  private final CRC32C crc = new CRC32C();
  private final byte[] suffix;
  private int suffixRead;
  private int prefixRead;
  private int elementsEncoded;
  private byte[] chunk = new byte[0];
  private int chunkRead;
  private int chunkLength;

  FrameStream(MessageLite header, WireRows rows) {
    this.rows = new RowsWriter(rows);
    this.prefix = prefix(header, this.rows);
    this.suffix = new byte[this.rows.elements() == 0 ? 0 : SUFFIX_BYTES];
    this.length = Math.toIntExact(prefix.length + this.rows.dataBytes() + suffix.length);
    crc.update(prefix);
  }

  private static byte[] prefix(MessageLite header, RowsWriter rows) {
    if (rows.elements() == 0) {
      return header.toByteArray();
    }
    Tensor shape = rows.description().toBuilder().setChecked(true).build();
    int dataBytes = Math.toIntExact(rows.dataBytes());
    int shapeBytes = shape.getSerializedSize();
    int tensorBytes =
        Math.addExact(
            shapeBytes + 1 + CodedOutputStream.computeUInt32SizeNoTag(dataBytes), dataBytes);
    int headerBytes = header.getSerializedSize();
    byte[] bytes =
        new byte
            [headerBytes
                + 1
                + CodedOutputStream.computeUInt32SizeNoTag(tensorBytes)
                + (tensorBytes - dataBytes)];
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    try {
      header.writeTo(out);
      out.writeTag(FrameReader.TENSOR_FIELD, FrameReader.LENGTH_DELIMITED);
      out.writeUInt32NoTag(tensorBytes);
      shape.writeTo(out);
      out.writeTag(Tensor.DATA_FIELD_NUMBER, FrameReader.LENGTH_DELIMITED);
      out.writeUInt32NoTag(dataBytes);
      out.checkNoSpaceLeft();
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return bytes;
  }

  @Override
  public int drainTo(OutputStream target) throws IOException {
    int before = available();
    target.write(prefix, prefixRead, prefix.length - prefixRead);
    prefixRead = prefix.length;
    target.write(chunk, chunkRead, chunkLength - chunkRead);
    chunkRead = chunkLength;
    byte[] buffer = WireFloats.chunk();
    while (elementsEncoded < rows.elements()) {
      target.write(buffer, 0, encodeNext(buffer));
    }
    sumUp();
    target.write(suffix, suffixRead, suffix.length - suffixRead);
    suffixRead = suffix.length;
    return before;
  }

  @Override
  public int read() {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] target, int offset, int count) {
    if (count == 0) {
      return 0;
    }
    if (prefixRead < prefix.length) {
      int n = Math.min(count, prefix.length - prefixRead);
      System.arraycopy(prefix, prefixRead, target, offset, n);
      prefixRead += n;
      return n;
    }
    if (chunkRead == chunkLength && !refill()) {
      return readSuffix(target, offset, count);
    }
    int n = Math.min(count, chunkLength - chunkRead);
    System.arraycopy(chunk, chunkRead, target, offset, n);
    chunkRead += n;
    return n;
  }

  private int readSuffix(byte[] target, int offset, int count) {
    if (suffixRead == suffix.length) {
      return -1;
    }
    sumUp();
    int n = Math.min(count, suffix.length - suffixRead);
    System.arraycopy(suffix, suffixRead, target, offset, n);
    suffixRead += n;
    return n;
  }

  /** All else has been encoded. */
  private void sumUp() {
    if (suffix.length > 0) {
      int tag = FrameReader.CHECKSUM_FIELD << 3 | FrameReader.FIXED32;
      suffix[0] = (byte) (tag & 0x7F | 0x80);
      suffix[1] = (byte) (tag >>> 7);
      ByteBuffer.wrap(suffix)
          .order(ByteOrder.LITTLE_ENDIAN)
          .putInt(SUFFIX_BYTES - Integer.BYTES, (int) crc.getValue());
    }
  }

  @Override
  public int available() {
    int dataRead = elementsEncoded * rows.elementBytes() - (chunkLength - chunkRead);
    return length - prefixRead - dataRead - suffixRead;
  }

  private boolean refill() {
    if (elementsEncoded == rows.elements()) {
      return false;
    }
    if (chunk.length == 0) {
      chunk = new byte[WireFloats.CHUNK_BYTES];
    }
    chunkLength = encodeNext(chunk);
    chunkRead = 0;
    return true;
  }

  private int encodeNext(byte[] buffer) {
    int most = buffer.length / rows.elementBytes();
    int count = Math.min(most, rows.elements() - elementsEncoded);
    int written = rows.encode(elementsEncoded, count, buffer);
    elementsEncoded += count;
    crc.update(buffer, 0, written);
    return written;
  }
}
