package dev.switchboard.proto.codec;

import dev.switchboard.proto.v1.ExpertBatch;
import io.grpc.KnownLength;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Takes a frame apart: the tensor goes straight to arrays, all other fields are kept as bytes for
 * the generated parser. Fields may come in any order, as protobuf allows; a second tensor is
 * refused. A checksum, which is the last field, has to fit; a tensor that says that there is one
 * must be followed by it.
 */
final class FrameReader {
  static final int VARINT = 0;
  static final int FIXED64 = 1;
  static final int LENGTH_DELIMITED = 2;
  static final int FIXED32 = 5;

  /** {@code activations} of a batch and {@code outputs} of a result. */
  static final int TENSOR_FIELD = ExpertBatch.ACTIVATIONS_FIELD_NUMBER;

  /** {@code crc32c} of both, after all else. */
  static final int CHECKSUM_FIELD = ExpertBatch.CRC32C_FIELD_NUMBER;

  /** The checksum's tag as it is sent: a number of two bytes, the low one first. */
  private static final short CHECKSUM_TAG = CHECKSUM_FIELD << 3 | FIXED32 | 1 << 8;

  /** Of the whole field. */
  private static final int CHECKSUM_BYTES = Short.BYTES + Integer.BYTES;

  private final SummedInput summed;
  private final WireInput in;
  private final ByteArrayOutputStream header = new ByteArrayOutputStream(256);
  private WireRows rows = TensorRows.NONE;
  private boolean tensorSeen;
  private boolean sumSeen;
  private boolean sumDue;

  private FrameReader(SummedInput summed, WireInput in) {
    this.summed = summed;
    this.in = in;
  }

  /** Reads the whole stream. */
  static FrameReader read(InputStream stream) throws IOException {
    boolean known = stream instanceof KnownLength;
    long length = known ? stream.available() : 0;
    SummedInput summed =
        known ? new SummedInput(stream, length, CHECKSUM_BYTES) : new SummedInput(stream);
    WireInput in = known ? new WireInput(summed, length) : new WireInput(summed);
    FrameReader reader = new FrameReader(summed, in);
    try {
      reader.readFields();
    } catch (CorruptFrameException e) {
      throw e;
    } catch (IOException e) {
      checkWhole(summed, e);
      throw e;
    }
    return reader;
  }

  /**
   * What could not be read was sent so, or has changed on its way: the checksum at the end of the
   * message tells, if it has one.
   */
  private static void checkWhole(SummedInput summed, IOException problem) throws IOException {
    summed.transferTo(OutputStream.nullOutputStream());
    ByteBuffer last = ByteBuffer.wrap(summed.last()).order(ByteOrder.LITTLE_ENDIAN);
    if (last.remaining() != CHECKSUM_BYTES || last.getShort() != CHECKSUM_TAG) {
      return;
    }
    int expected = last.getInt();
    if (expected != summed.sumBeforeLast()) {
      throw new CorruptFrameException(
          summed.sumBeforeLast(), expected, "; " + problem.getMessage());
    }
  }

  /** The message's bytes without the tensor. */
  byte[] header() {
    return header.toByteArray();
  }

  WireRows rows() {
    return rows;
  }

  private void readFields() throws IOException {
    int before = summed.sum();
    for (int tag = in.tagOrEnd(); tag != 0; tag = in.tagOrEnd()) {
      if (sumSeen) {
        throw new MalformedFrameException("a field behind the checksum");
      }
      if (tag >>> 3 == TENSOR_FIELD && (tag & 7) == LENGTH_DELIMITED) {
        readTensor();
      } else if (tag >>> 3 == CHECKSUM_FIELD && (tag & 7) == FIXED32) {
        checkSum(before);
      } else {
        WireInput.writeVarint(tag, header);
        in.copyPayload(tag & 7, header);
      }
      before = summed.sum();
    }
    if (sumDue && !sumSeen) {
      throw new MalformedFrameException("the message ends before its checksum");
    }
  }

  private void readTensor() throws IOException {
    if (tensorSeen) {
      throw new MalformedFrameException("a second tensor at byte " + in.position());
    }
    tensorSeen = true;
    TensorReader tensor = new TensorReader(in, in.length());
    rows = tensor.read();
    sumDue = tensor.checked();
  }

  private void checkSum(int sum) throws IOException {
    byte[] said = in.bytes(Integer.BYTES);
    int expected = ByteBuffer.wrap(said).order(ByteOrder.LITTLE_ENDIAN).getInt();
    if (expected != sum) {
      throw new CorruptFrameException(sum, expected, "");
    }
    sumSeen = true;
  }
}
