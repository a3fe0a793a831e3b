package dev.switchboard.benchmarks.kernels;

import dev.switchboard.model.kernel.PackedMatrix;
import dev.switchboard.model.kernel.PackedMatrix.Format;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;

/** Matrices {@code [3584, 1024]}, an expert's of the Mixtral-like shape, with small weights. */
final class Weights {
  static final int ROWS = 3584;
  static final int COLUMNS = 1024;

  private static final int SEED = 11;
  private static final float SPREAD = 0.05f;

  private Weights() {}

  /** All rows are alike: what they hold costs no time, and packing them less. */
  static PackedMatrix pack(Format format) {
    MemorySegment row = MemorySegment.ofArray(row(format));
    return PackedMatrix.pack(format, ROWS, COLUMNS, index -> row);
  }

  static float[] noise(int count) {
    Random random = new Random(SEED);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian() * SPREAD;
    }
    return values;
  }

  private static byte[] row(Format format) {
    ByteBuffer bytes =
        ByteBuffer.allocate((int) format.rowBytes(COLUMNS)).order(ByteOrder.LITTLE_ENDIAN);
    if (format.isBlockType()) {
      new Random(SEED).nextBytes(bytes.array());
      for (int at = 0; at < bytes.capacity(); at += format.blockBytes()) {
        bytes.putShort(at, Float.floatToFloat16(SPREAD));
      }
      return bytes.array();
    }
    for (float value : noise(COLUMNS)) {
      switch (format) {
        case F32 -> bytes.putFloat(value);
        case BF16 -> bytes.putShort((short) (Float.floatToRawIntBits(value) >>> 16));
        default -> bytes.putShort(Float.floatToFloat16(value));
      }
    }
    return bytes.array();
  }
}
