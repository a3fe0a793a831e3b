package dev.switchboard.proto.codec;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Rows that lie in memory which both processes map, {@code [count, width]}: floats, or codes with
 * their scales. The other side may write there as soon as the message is answered.
 *
 * @param block 0: F32; else codes, so many to a scale
 * @param memory all of the memory
 * @param at where the floats or codes begin
 * @param scalesAt where the scales begin, if there are any
 */
public record SharedRows(
    int count, int width, int block, MemorySegment memory, long at, long scalesAt)
    implements WireRows {
  private static final ValueLayout.OfFloat F32 =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  public SharedRows {
    if (count < 0 || width < 0 || block < 0 || (block > 0 && width % block != 0)) {
      throw new IllegalArgumentException(
          "rows of shape [" + count + ", " + width + "] in blocks of " + block);
    }
    long elements = (long) count * width;
    inside(memory, at, elements * (block == 0 ? Float.BYTES : 1));
    inside(memory, scalesAt, block == 0 ? 0 : elements / block * Float.BYTES);
  }

  private static void inside(MemorySegment memory, long at, long bytes) {
    if (at < 0 || at > memory.byteSize() - bytes) {
      throw new IllegalArgumentException(
          "%d bytes at %d of %d shared ones".formatted(bytes, at, memory.byteSize()));
    }
  }

  /** Bytes that so many rows take, without the scales. */
  public static long dataBytes(WireRows rows) {
    return (long) rows.count() * rows.width() * (rows.block() == 0 ? Float.BYTES : 1);
  }

  /** Bytes of the scales. */
  public static long scaleBytes(WireRows rows) {
    return rows.block() == 0 ? 0 : (long) rows.count() * rows.width() / rows.block() * Float.BYTES;
  }

  /** Writes rows to where they shall lie, and says where they do. */
  public static SharedRows write(WireRows rows, MemorySegment memory, long at, long scalesAt) {
    SharedRows to = new SharedRows(rows.count(), rows.width(), rows.block(), memory, at, scalesAt);
    int elements = rows.count() * rows.width();
    switch (rows) {
      case TensorRows floats -> MemorySegment.copy(floats.values(), 0, memory, F32, at, elements);
      case CodeRows codes -> {
        MemorySegment.copy(codes.codes(), 0, memory, ValueLayout.JAVA_BYTE, at, elements);
        MemorySegment.copy(codes.scales(), 0, memory, F32, scalesAt, codes.scaleCount());
      }
      case SharedRows shared ->
          throw new IllegalArgumentException("rows that are shared already: " + shared);
    }
    return to;
  }

  /** Copies some rows of floats. */
  public void copyTo(int first, int rows, float[] to, int toIndex) {
    long from = at + (long) first * width * Float.BYTES;
    MemorySegment.copy(memory, F32, from, to, toIndex, rows * width);
  }

  /** Copies all codes, {@code [count, width]}, and their scales. */
  public void copyTo(byte[] codes, float[] scales) {
    int elements = count * width;
    MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, at, codes, 0, elements);
    MemorySegment.copy(memory, F32, scalesAt, scales, 0, elements / block);
  }
}
