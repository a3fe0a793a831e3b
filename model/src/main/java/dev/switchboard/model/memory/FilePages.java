package dev.switchboard.model.memory;

import java.lang.foreign.MemorySegment;

/**
 * Pages of mapped files that are never written: the system may have them back at any time, since
 * the file has the same bytes. Memory of the process's own is left alone here; nothing else has its
 * bytes.
 */
public final class FilePages {
  private FilePages() {}

  /** Whether the system can have the pages back. */
  public static boolean canGiveBack(MemorySegment segment) {
    return segment.isMapped() && segment.isReadOnly();
  }

  /**
   * Gives them back: they leave the process's resident memory, and are the first that the system
   * takes for something else. Reading them brings them in again. Where the system does not know the
   * advice, they stay.
   *
   * @return whether there was something to give back
   */
  public static boolean giveBack(MemorySegment segment) {
    if (!canGiveBack(segment) || segment.byteSize() == 0) {
      return false;
    }
    // First, while the process still has them: afterwards the system does not know whose they were.
    Madvise.wholePages(segment, Madvise.COLD);
    segment.unload();
    return true;
  }

  /** Brings them in, all at once: page by page, when they are read, takes longer. */
  public static void bring(MemorySegment segment) {
    if (segment.isMapped()
        && segment.byteSize() > 0
        && !Madvise.wholePages(segment, Madvise.POPULATE_READ)) {
      segment.load();
    }
  }
}
