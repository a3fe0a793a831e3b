package dev.switchboard.proto.codec;

import dev.switchboard.proto.v1.ExpertBatch;
import io.grpc.KnownLength;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * Takes a frame apart: the tensor goes straight to arrays, all other fields are kept as bytes for
 * the generated parser. Fields may come in any order, as protobuf allows; a second tensor is
 * refused.
 */
final class FrameReader {
  static final int VARINT = 0;
  static final int FIXED64 = 1;
  static final int LENGTH_DELIMITED = 2;
  static final int FIXED32 = 5;

  /** {@code activations} of a batch and {@code outputs} of a result. */
  static final int TENSOR_FIELD = ExpertBatch.ACTIVATIONS_FIELD_NUMBER;

  private final WireInput in;
  private final ByteArrayOutputStream header = new ByteArrayOutputStream(256);
  private WireRows rows = TensorRows.NONE;
  private boolean tensorSeen;

  private FrameReader(WireInput in) {
    this.in = in;
  }

  /** Reads the whole stream. */
  static FrameReader read(InputStream stream) throws IOException {
    WireInput in =
        stream instanceof KnownLength
            ? new WireInput(stream, stream.available())
            : new WireInput(stream);
    FrameReader reader = new FrameReader(in);
    reader.readFields();
    return reader;
  }

  /** The message's bytes without the tensor. */
  byte[] header() {
    return header.toByteArray();
  }

  WireRows rows() {
    return rows;
  }

  private void readFields() throws IOException {
    for (int tag = in.tagOrEnd(); tag != 0; tag = in.tagOrEnd()) {
      if (tag >>> 3 == TENSOR_FIELD && (tag & 7) == LENGTH_DELIMITED) {
        if (tensorSeen) {
          throw new MalformedFrameException("a second tensor at byte " + in.position());
        }
        tensorSeen = true;
        rows = new TensorReader(in, in.length()).read();
      } else {
        WireInput.writeVarint(tag, header);
        in.copyPayload(tag & 7, header);
      }
    }
  }
}
