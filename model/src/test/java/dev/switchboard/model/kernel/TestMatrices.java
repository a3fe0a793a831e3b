package dev.switchboard.model.kernel;

import dev.switchboard.model.kernel.PackedMatrix.Format;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** Packed matrices from row-major floats. */
public final class TestMatrices {
  private TestMatrices() {}

  /** Values as the format can hold them: BF16 drops the low half. */
  public static float[] asFormat(Format format, float[] values) {
    float[] out = values.clone();
    if (format == Format.BF16) {
      for (int i = 0; i < out.length; i++) {
        out[i] = Float.intBitsToFloat(Float.floatToRawIntBits(out[i]) & 0xffff0000);
      }
    }
    return out;
  }

  public static PackedMatrix pack(Format format, int columns, float[] values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * format.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      int bits = Float.floatToRawIntBits(value);
      if (format == Format.F32) {
        bytes.putInt(bits);
      } else {
        bytes.putShort((short) (bits >>> 16));
      }
    }
    return PackedMatrix.pack(format, columns, List.of(MemorySegment.ofArray(bytes.array())));
  }
}
