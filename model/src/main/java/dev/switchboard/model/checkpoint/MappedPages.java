package dev.switchboard.model.checkpoint;

import dev.switchboard.model.memory.Pace;
import java.lang.foreign.MemorySegment;

/**
 * Brings exactly a part of a mapped file into memory. Merely touching pages makes the system read
 * far around each (megabytes, on some disks): of a file with many experts it would read all to get
 * at a few.
 */
final class MappedPages {
  /** Most of a request; larger ones gain nothing. */
  private static final long STEP_BYTES = 1 << 20;

  private MappedPages() {}

  /** Reads it, if it is mapped. */
  static void load(MemorySegment data) {
    if (!data.isMapped()) {
      return;
    }
    Pace pace = Pace.current();
    for (long at = 0; at < data.byteSize(); at += STEP_BYTES) {
      long bytes = Math.min(STEP_BYTES, data.byteSize() - at);
      data.asSlice(at, bytes).load();
      pace.worked(bytes);
    }
  }
}
