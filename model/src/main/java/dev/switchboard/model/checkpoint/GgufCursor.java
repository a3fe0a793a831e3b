package dev.switchboard.model.checkpoint;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Reads the head of a GGUF file from front to back; no length is believed that the file lacks. */
final class GgufCursor {
  /** Larger than any real head (vocabularies of 300,000 entries make some 20 MB). */
  static final long MAX_HEAD_BYTES = 100_000_000;

  /** As the format's description demands of keys; names of tensors are shorter still. */
  static final int MAX_NAME_BYTES = 65_535;

  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Path path;
  private final MemorySegment bytes;
  private long position;

  /**
   * Starts at the first byte.
   *
   * @param path for messages
   */
  GgufCursor(Path path, MemorySegment bytes) {
    this.path = path;
    this.bytes = bytes;
  }

  Path path() {
    return path;
  }

  long position() {
    return position;
  }

  long left() {
    return bytes.byteSize() - position;
  }

  byte u8(String what) {
    return bytes.get(JAVA_BYTE, take(1, what));
  }

  short u16(String what) {
    return bytes.get(Tensor.SHORT, take(2, what));
  }

  int i32(String what) {
    return bytes.get(SmallBlocks.INT, take(4, what));
  }

  long u32(String what) {
    return Integer.toUnsignedLong(i32(what));
  }

  long u64(String what) {
    return bytes.get(LONG, take(8, what));
  }

  /**
   * A count of things that take so many bytes at least each.
   *
   * @throws CheckpointException if the rest of the file cannot hold them
   */
  long count(int leastBytes, String what) {
    long count = u64(what);
    if (Long.compareUnsigned(count, left() / leastBytes) > 0) {
      throw CheckpointException.in(
          path,
          "%s: claims %s, but the %s bytes left of the file hold at most %s: truncated, or not a GGUF file",
          what,
          Long.toUnsignedString(count),
          left(),
          left() / leastBytes);
    }
    return count;
  }

  /** A string, at most {@code mostBytes} long. */
  String text(long mostBytes, String what) {
    long length = count(1, what);
    if (length > mostBytes) {
      throw CheckpointException.in(
          path, "%s: has %s bytes; at most %s are read", what, length, mostBytes);
    }
    long from = take(length, what);
    try {
      ByteBuffer utf8 = bytes.asSlice(from, length).asByteBuffer();
      return StandardCharsets.UTF_8.newDecoder().decode(utf8).toString();
    } catch (CharacterCodingException e) {
      throw new CheckpointException("%s: %s: is not UTF-8".formatted(path, what), e);
    }
  }

  /** Passes over a string. */
  void skipText(String what) {
    take(count(1, what), what);
  }

  /** Passes over bytes and returns where they began. */
  long take(long length, String what) {
    if (length > left()) {
      throw CheckpointException.in(
          path,
          "truncated: %s needs %s bytes from %s on, but the file has %s",
          what,
          length,
          position,
          bytes.byteSize());
    }
    if (length > MAX_HEAD_BYTES - position) {
      throw CheckpointException.in(
          path,
          "%s: needs %s bytes from %s on; at most %s bytes of metadata are read",
          what,
          length,
          position,
          MAX_HEAD_BYTES);
    }
    long from = position;
    position += length;
    return from;
  }

  /** A copy of what lies between two places. */
  MemorySegment copy(long from, long to) {
    return MemorySegment.ofArray(bytes.asSlice(from, to - from).toArray(JAVA_BYTE)).asReadOnly();
  }
}
