package dev.switchboard.model.kernel;

import java.lang.foreign.MemorySegment;
import java.util.List;

/** The rows of several matrices of equal width, one above the other. */
final class StackedRows implements RowSource {
  private final long rowBytes;
  private final List<MemorySegment> parts;
  private final int count;

  /**
   * The part that held the last row asked for, and where it begins: rows are asked for in order.
   */
  private int part;

  private long partBegins;

  StackedRows(long rowBytes, List<MemorySegment> parts) {
    this.rowBytes = rowBytes;
    this.parts = parts;
    long rows = 0;
    for (MemorySegment part : parts) {
      if (rowBytes == 0 || part.byteSize() == 0 || part.byteSize() % rowBytes != 0) {
        throw new IllegalArgumentException(
            "a part of " + part.byteSize() + " bytes; expected rows of " + rowBytes + " bytes");
      }
      rows += part.byteSize() / rowBytes;
    }
    this.count = Math.toIntExact(rows);
  }

  int count() {
    return count;
  }

  @Override
  public MemorySegment row(int index) {
    long at = index * rowBytes;
    if (at < partBegins) {
      part = 0;
      partBegins = 0;
    }
    while (at - partBegins >= parts.get(part).byteSize()) {
      partBegins += parts.get(part++).byteSize();
    }
    return parts.get(part).asSlice(at - partBegins, rowBytes);
  }
}
