package dev.switchboard.proto.codec;

import dev.switchboard.proto.v1.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Values of the wire's types, little-endian, to and from {@code float[]}; one chunk at a time. */
final class WireFloats {
  /**
   * Small enough for the first-level cache: the second copy that a chunk costs is then nearly free.
   */
  static final int CHUNK_BYTES = 16 * 1024;

  private static final ValueLayout.OfFloat F32_LE =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final ThreadLocal<byte[]> CHUNK =
      ThreadLocal.withInitial(() -> new byte[CHUNK_BYTES]);

  private WireFloats() {}

  /** A chunk that belongs to the calling thread until its next call. */
  static byte[] chunk() {
    return CHUNK.get();
  }

  static int bytesPerElement(DType dtype) {
    return switch (dtype) {
      case DTYPE_F32 -> 4;
      case DTYPE_BF16 -> 2;
      case DTYPE_UNSPECIFIED, DTYPE_F16, DTYPE_I8, UNRECOGNIZED ->
          throw new IllegalArgumentException(
              "tensor type " + dtype + ": this side speaks DTYPE_F32 and DTYPE_BF16");
    };
  }

  /**
   * Writes {@code values[from, from + count)} to the start of {@code bytes}; returns the bytes
   * written.
   */
  static int encode(DType dtype, float[] values, int from, int count, byte[] bytes) {
    if (dtype == DType.DTYPE_F32) {
      MemorySegment.copy(values, from, MemorySegment.ofArray(bytes), F32_LE, 0, count);
      return count * 4;
    }
    for (int i = 0; i < count; i++) {
      int half = toBf16(values[from + i]);
      bytes[2 * i] = (byte) half;
      bytes[2 * i + 1] = (byte) (half >>> 8);
    }
    return count * 2;
  }

  /**
   * Reads {@code count} values from the start of {@code bytes} to {@code values[to, to + count)}.
   */
  static void decode(DType dtype, byte[] bytes, float[] values, int to, int count) {
    if (dtype == DType.DTYPE_F32) {
      MemorySegment.copy(MemorySegment.ofArray(bytes), F32_LE, 0, values, to, count);
      return;
    }
    for (int i = 0; i < count; i++) {
      int low = bytes[2 * i] & 0xFF;
      int high = bytes[2 * i + 1] & 0xFF;
      values[to + i] = Float.intBitsToFloat((high << 8 | low) << 16);
    }
  }

  /** Nearest even; a NaN stays one. */
  static int toBf16(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return bits >>> 16 | 0x40;
    }
    return bits + 0x7FFF + (bits >>> 16 & 1) >>> 16;
  }
}
