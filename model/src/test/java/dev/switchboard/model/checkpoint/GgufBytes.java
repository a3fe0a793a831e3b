package dev.switchboard.model.checkpoint;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Writes GGUF files byte by byte, so that a test can make any of them wrong. */
final class GgufBytes {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  static GgufBytes head(long version, long tensors, long keys) {
    return new GgufBytes()
        .raw("GGUF".getBytes(StandardCharsets.US_ASCII))
        .u32(version)
        .u64(tensors)
        .u64(keys);
  }

  GgufBytes raw(byte... bytes) {
    out.writeBytes(bytes);
    return this;
  }

  GgufBytes u32(long value) {
    return raw(buffer(4).putInt((int) value).array());
  }

  GgufBytes u64(long value) {
    return raw(buffer(8).putLong(value).array());
  }

  GgufBytes text(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    return u64(utf8.length).raw(utf8);
  }

  /** A key and its type; the value follows. */
  GgufBytes key(String key, GgufType type) {
    return text(key).u32(type.ordinal());
  }

  GgufBytes key(String key, long u32) {
    return key(key, GgufType.UINT32).u32(u32);
  }

  GgufBytes key(String key, String text) {
    return key(key, GgufType.STRING).text(text);
  }

  /** A key whose value is an array; its elements follow. */
  GgufBytes array(String key, GgufType element, long count) {
    return key(key, GgufType.ARRAY).u32(element.ordinal()).u64(count);
  }

  /**
   * An entry of the table.
   *
   * @param extents fastest first, as in the file
   */
  GgufBytes tensor(String name, long type, long offset, long... extents) {
    text(name).u32(extents.length);
    Arrays.stream(extents).forEach(this::u64);
    return u32(type).u64(offset);
  }

  /** Zeros up to a multiple. */
  GgufBytes align(int alignment) {
    return raw(new byte[(alignment - out.size() % alignment) % alignment]);
  }

  GgufBytes floats(float... values) {
    ByteBuffer bytes = buffer(4 * values.length);
    for (float value : values) {
      bytes.putFloat(value);
    }
    return raw(bytes.array());
  }

  byte[] bytes() {
    return out.toByteArray();
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
