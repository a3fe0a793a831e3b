package dev.switchboard.proto.lane;

import java.util.Map;
import java.util.TreeMap;

/**
 * Which parts of a lane's memory are taken: the first gap that is large enough is. Belongs to one
 * thread.
 */
public final class LaneSpace {
  /** Parts begin at multiples of a cache line. */
  private static final long ALIGNMENT = 64;

  private final long bytes;
  private final TreeMap<Long, Long> ends = new TreeMap<>();

  public LaneSpace(long bytes) {
    this.bytes = bytes;
  }

  /** Where so many bytes are now the caller's, or -1 if there is no such gap. */
  public long take(long length) {
    long wanted = Math.max(1, aligned(length));
    long at = 0;
    for (Map.Entry<Long, Long> part : ends.entrySet()) {
      if (part.getKey() - at >= wanted) {
        break;
      }
      at = part.getValue();
    }
    if (bytes - at < wanted) {
      return -1;
    }
    ends.put(at, at + wanted);
    return at;
  }

  /** Gives a part back. */
  public void give(long at) {
    if (ends.remove(at) == null) {
      throw new IllegalArgumentException("nothing was taken at " + at);
    }
  }

  /** The next multiple of a cache line. */
  public static long aligned(long length) {
    return (length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }
}
