package dev.switchboard.proto.codec;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * Reads the outermost fields of a protobuf message from a stream and counts. Where the transport
 * knows how long the message is, no length inside it is believed beyond that.
 */
final class WireInput {
  private static final long UNKNOWN = Long.MAX_VALUE;

  private final InputStream in;
  private final long messageBytes;
  private long position;

  /** A message of {@code messageBytes}. */
  WireInput(InputStream in, long messageBytes) {
    this.in = in;
    this.messageBytes = messageBytes;
  }

  /** A message whose length shows only at its end (a compressed one). */
  WireInput(InputStream in) {
    this(in, UNKNOWN);
  }

  boolean lengthKnown() {
    return messageBytes != UNKNOWN;
  }

  long position() {
    return position;
  }

  /** The next tag, or 0 at the end of the message. */
  int tagOrEnd() throws IOException {
    int first = in.read();
    if (first < 0) {
      return 0;
    }
    position++;
    return checkedTag(varintAfter(first));
  }

  int tag() throws IOException {
    return checkedTag(varint());
  }

  long varint() throws IOException {
    return varintAfter(octet());
  }

  /** The length of a length-delimited field, never more than what is left of the message. */
  int length() throws IOException {
    long length = varint();
    if (length < 0 || length > Integer.MAX_VALUE || length > messageBytes - position) {
      throw new MalformedFrameException(
          "a field claims %s bytes at byte %d%s"
              .formatted(
                  Long.toUnsignedString(length),
                  position,
                  lengthKnown() ? " of a message of " + messageBytes : ""));
    }
    return (int) length;
  }

  void readFully(byte[] target, int count) throws IOException {
    int read = in.readNBytes(target, 0, count);
    position += read;
    if (read < count) {
      throw truncated();
    }
  }

  /** The next bytes; memory grows only with what has arrived. */
  byte[] bytes(int count) throws IOException {
    byte[] bytes = in.readNBytes(count);
    position += bytes.length;
    if (bytes.length < count) {
      throw truncated();
    }
    return bytes;
  }

  /** Copies the payload of a field, with its length if it has one. */
  void copyPayload(int wireType, OutputStream target) throws IOException {
    switch (wireType) {
      case FrameReader.VARINT -> writeVarint(varint(), target);
      case FrameReader.FIXED64 -> target.write(bytes(8));
      case FrameReader.FIXED32 -> target.write(bytes(4));
      case FrameReader.LENGTH_DELIMITED -> {
        int length = length();
        writeVarint(length, target);
        target.write(bytes(length));
      }
      default ->
          throw new MalformedFrameException("wire type " + wireType + " at byte " + position);
    }
  }

  static void writeVarint(long value, OutputStream target) throws IOException {
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      target.write((int) (rest & 0x7F | 0x80));
      rest >>>= 7;
    }
    target.write((int) rest);
  }

  private int checkedTag(long tag) throws MalformedFrameException {
    if (tag >>> 3 == 0 || tag >>> 32 != 0) {
      throw new MalformedFrameException("no protobuf field has tag " + Long.toUnsignedString(tag));
    }
    return (int) tag;
  }

  private long varintAfter(int first) throws IOException {
    long value = first & 0x7F;
    int octet = first;
    for (int shift = 7; (octet & 0x80) != 0; shift += 7) {
      if (shift > 63) {
        throw new MalformedFrameException("a number of more than 10 bytes at byte " + position);
      }
      octet = octet();
      value |= (long) (octet & 0x7F) << shift;
    }
    return value;
  }

  private int octet() throws IOException {
    int octet = in.read();
    if (octet < 0) {
      throw truncated();
    }
    position++;
    return octet;
  }

  private EOFException truncated() {
    return new EOFException("the message ends at byte " + position + ", in the middle of a field");
  }
}
