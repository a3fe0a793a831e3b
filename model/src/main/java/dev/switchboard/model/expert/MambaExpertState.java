package dev.switchboard.model.expert;

import dev.switchboard.model.kernel.ScanShape;
import dev.switchboard.model.layer.StateLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The recurrent state of one Mamba expert for one sequence. */
public final class MambaExpertState implements ExpertState {
  private static final int MAGIC = 0x4d454253; // "SBEM"
  private static final int FORMAT = 1;
  private static final int HEADER_BYTES = 6 * Integer.BYTES + Long.BYTES;

  private final ScanShape shape;
  private final float[] values;
  private long version;

  MambaExpertState(ScanShape shape, long version, float[] values) {
    this.shape = shape;
    this.version = version;
    this.values = values;
  }

  @Override
  public long version() {
    return version;
  }

  @Override
  public long bytes() {
    return (long) Float.BYTES * values.length;
  }

  @Override
  public MambaExpertState copy() {
    return new MambaExpertState(shape, version, values.clone());
  }

  /**
   * Header (magic, format, heads, headDim, stateSize, groups, version), then {@code [heads,
   * headDim, stateSize]} floats.
   */
  @Override
  public byte[] toBytes() {
    float[] plain = StateLayout.toRowMajor(shape, values);
    ByteBuffer buffer =
        ByteBuffer.allocate(HEADER_BYTES + Float.BYTES * plain.length)
            .order(ByteOrder.LITTLE_ENDIAN);
    buffer.putInt(MAGIC).putInt(FORMAT);
    buffer.putInt(shape.heads()).putInt(shape.headDim());
    buffer.putInt(shape.stateSize()).putInt(shape.groups());
    buffer.putLong(version);
    buffer.asFloatBuffer().put(plain);
    return buffer.array();
  }

  /** Bytes of {@link #toBytes} of an expert of this shape. */
  public static long binaryBytes(int heads, int headDim, int stateSize) {
    return HEADER_BYTES + (long) Float.BYTES * heads * headDim * stateSize;
  }

  static MambaExpertState read(ScanShape shape, byte[] bytes) {
    int expected = HEADER_BYTES + Float.BYTES * shape.stateValues();
    if (bytes.length != expected) {
      throw new IllegalArgumentException(
          "a state of " + bytes.length + " bytes; " + shape + " has " + expected);
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int magic = buffer.getInt();
    int format = buffer.getInt();
    if (magic != MAGIC || format != FORMAT) {
      throw new IllegalArgumentException(
          "not a Mamba expert's state of format " + FORMAT + " (found format " + format + ")");
    }
    ScanShape found =
        new ScanShape(buffer.getInt(), buffer.getInt(), buffer.getInt(), buffer.getInt());
    long version = buffer.getLong();
    if (!found.equals(shape) || version < 0) {
      throw new IllegalArgumentException(
          "a state of " + found + " at version " + version + "; expected one of " + shape);
    }
    float[] plain = new float[shape.stateValues()];
    buffer.asFloatBuffer().get(plain);
    return new MambaExpertState(shape, version, StateLayout.toTiled(shape, plain));
  }

  ScanShape shape() {
    return shape;
  }

  float[] values() {
    return values;
  }

  void advance(int tokens) {
    version += tokens;
  }

  @Override
  public String toString() {
    return "state of " + shape + " at version " + version;
  }
}
