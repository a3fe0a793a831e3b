package dev.switchboard.proto.weights;

import dev.switchboard.proto.v1.ReadRequest;
import java.lang.foreign.MemorySegment;
import java.util.zip.CRC32C;

/** CRC-32C of a range, some of it at a time. */
final class RangeSum {
  private static final long STEP_BYTES = 1 << 20;

  private final MemorySegment data;
  private final CRC32C crc = new CRC32C();
  private final long end;
  private long next;

  /**
   * @param request a range that lies within the data
   */
  RangeSum(MemorySegment data, ReadRequest request) {
    this.data = data;
    this.next = request.getOffset();
    this.end = next + request.getLength();
  }

  /** Goes on; returns how many bytes it has taken, 0 at the end. */
  int some() {
    int count = (int) Math.min(STEP_BYTES, end - next);
    if (count > 0) {
      MemorySegment slice = data.asSlice(next, count);
      crc.update(slice.asByteBuffer());
      if (slice.isMapped()) {
        // The pages were needed for this alone.
        slice.unload();
      }
      next += count;
    }
    return count;
  }

  int value() {
    return (int) crc.getValue();
  }
}
