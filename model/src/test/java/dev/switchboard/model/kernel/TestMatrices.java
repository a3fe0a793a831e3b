package dev.switchboard.model.kernel;

import dev.switchboard.model.kernel.PackedMatrix.Format;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Packed matrices from row-major floats, or of random blocks. */
public final class TestMatrices {
  static final Set<Format> BLOCK_TYPES = EnumSet.range(Format.Q8_0, Format.MXFP4);

  private TestMatrices() {}

  /** Values as the format can hold them: BF16 drops the low half, F16 rounds. */
  public static float[] asFormat(Format format, float[] values) {
    float[] out = values.clone();
    for (int i = 0; i < out.length; i++) {
      if (format == Format.BF16) {
        out[i] = Float.intBitsToFloat(Float.floatToRawIntBits(out[i]) & 0xffff0000);
      } else if (format == Format.F16) {
        out[i] = Float.float16ToFloat(Float.floatToFloat16(out[i]));
      }
    }
    return out;
  }

  public static PackedMatrix pack(Format format, int columns, float[] values) {
    ByteBuffer bytes =
        ByteBuffer.allocate((int) format.rowBytes(values.length)).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      switch (format) {
        case F32 -> bytes.putFloat(value);
        case BF16 -> bytes.putShort((short) (Float.floatToRawIntBits(value) >>> 16));
        case F16 -> bytes.putShort(Float.floatToFloat16(value));
        default -> throw new IllegalArgumentException(format.toString());
      }
    }
    return PackedMatrix.pack(format, columns, List.of(MemorySegment.ofArray(bytes.array())));
  }

  /** Rows of random blocks {@code [rows, columns]} whose F16 scales are below {@code scale}. */
  static byte[] randomBlocks(Format format, int rows, int columns, float scale, Noise noise) {
    byte[] bytes = new byte[rows * (int) format.rowBytes(columns)];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) noise.nextInt();
    }
    BlockLayout layout = BlockLayout.of(format);
    for (int at = 0; at < bytes.length; at += format.blockBytes()) {
      if (layout.scales() == BlockLayout.Scales.EXPONENT) {
        bytes[at] = (byte) (120 + (noise.nextInt() & 7));
        continue;
      }
      putHalf(bytes, at + GgufBlocks.scaleAt(format), noise.nextFloat() * scale);
      if (layout.hasMinimums()) {
        putHalf(bytes, at + GgufBlocks.scaleAt(format) + 2, noise.nextFloat() * scale);
      }
    }
    return bytes;
  }

  static void putHalf(byte[] bytes, int at, float value) {
    short half = Float.floatToFloat16(value);
    bytes[at] = (byte) half;
    bytes[at + 1] = (byte) (half >>> 8);
  }

  static PackedMatrix pack(Format format, int columns, byte[] bytes) {
    return PackedMatrix.pack(format, columns, List.of(MemorySegment.ofArray(bytes)));
  }

  /** E4M3 codes with F32 scales of blocks of columns {@code [rows, ceil(columns / width)]}. */
  static PackedMatrix packF8(int rows, int columns, int width, byte[] codes, float[] scales) {
    int blocks = (columns + width - 1) / width;
    MemorySegment values = MemorySegment.ofArray(codes);
    MemorySegment factors = MemorySegment.ofArray(scales);
    return PackedMatrix.packF8(
        rows,
        columns,
        row -> values.asSlice((long) row * columns, columns),
        row -> factors.asSlice(4L * row * blocks, 4L * blocks),
        width);
  }
}
