package dev.switchboard.model.expert;

import dev.switchboard.model.layer.MixerState.Memory;
import dev.switchboard.model.layer.RecurrentState;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** What a recurrent mixer remembers of one sequence, where it is placed as an expert. */
public final class MixerExpertState implements ExpertState {
  static final int HEADER_BYTES = 2 * Integer.BYTES + Long.BYTES;

  private static final int MAGIC = 0x584d4253; // "SBMX"
  private static final int FORMAT = 1;

  private static final ValueLayout.OfFloat NATIVE = ValueLayout.JAVA_FLOAT;
  private static final ValueLayout.OfFloat WIRE =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final RecurrentState memory;
  private long version;

  MixerExpertState(RecurrentState memory, long version) {
    this.memory = memory;
    this.version = version;
  }

  @Override
  public long version() {
    return version;
  }

  @Override
  public long bytes() {
    return memory.bytes();
  }

  @Override
  public MixerExpertState copy() {
    return new MixerExpertState(memory.copy(), version);
  }

  /** Bytes of {@link #toBytes} where so many are remembered. */
  public static long binaryBytes(long remembered) {
    return HEADER_BYTES + remembered;
  }

  /** Header (magic, format, version), then the convolution's past and the recurrent state. */
  @Override
  public byte[] toBytes() {
    byte[] bytes = new byte[Math.toIntExact(HEADER_BYTES + memory.bytes())];
    ByteBuffer header = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    header.putInt(MAGIC).putInt(FORMAT).putLong(version);
    MemorySegment target = MemorySegment.ofArray(bytes);
    long at = HEADER_BYTES;
    for (Memory part : memory.memory()) {
      MemorySegment.copy(part.data(), NATIVE, 0, target, WIRE, at, floats(part));
      at += part.data().byteSize();
    }
    return bytes;
  }

  /**
   * What {@link #toBytes} writes of a state.
   *
   * @param parts what is remembered, little-endian, in its order
   */
  public static byte[] written(long version, List<MemorySegment> parts) {
    long content = parts.stream().mapToLong(MemorySegment::byteSize).sum();
    byte[] bytes = new byte[Math.toIntExact(HEADER_BYTES + content)];
    ByteBuffer header = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    header.putInt(MAGIC).putInt(FORMAT).putLong(version);
    MemorySegment target = MemorySegment.ofArray(bytes);
    long at = HEADER_BYTES;
    for (MemorySegment part : parts) {
      MemorySegment.copy(part, 0, target, at, part.byteSize());
      at += part.byteSize();
    }
    return bytes;
  }

  /**
   * What is remembered, of what {@link #toBytes} wrote.
   *
   * @throws IllegalArgumentException if it is no mixer's state of that version
   */
  public static MemorySegment content(byte[] bytes, long version) {
    if (bytes.length < HEADER_BYTES || version(bytes) != version) {
      throw new IllegalArgumentException(
          "not a mixer's state behind %d tokens, in %d bytes".formatted(version, bytes.length));
    }
    return MemorySegment.ofArray(bytes).asSlice(HEADER_BYTES);
  }

  private static long version(byte[] bytes) {
    ByteBuffer header = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int magic = header.getInt();
    int format = header.getInt();
    long version = header.getLong();
    if (magic != MAGIC || format != FORMAT || version < 0) {
      throw new IllegalArgumentException(
          "not a mixer's state of format %d (found format %d, version %d)"
              .formatted(FORMAT, format, version));
    }
    return version;
  }

  /** Takes over what {@link #toBytes} wrote; of the right length. */
  MixerExpertState read(byte[] bytes) {
    version = version(bytes);
    MemorySegment source = MemorySegment.ofArray(bytes);
    long at = HEADER_BYTES;
    for (Memory part : memory.memory()) {
      MemorySegment.copy(source, WIRE, at, part.data(), NATIVE, 0, floats(part));
      at += part.data().byteSize();
    }
    return this;
  }

  private static long floats(Memory part) {
    return part.data().byteSize() / Float.BYTES;
  }

  RecurrentState memory() {
    return memory;
  }

  void advance(int tokens) {
    version += tokens;
  }

  @Override
  public String toString() {
    return "state of a mixer of %d bytes at version %d".formatted(bytes(), version);
  }
}
