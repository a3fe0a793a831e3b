package dev.switchboard.model.kernel;

import java.lang.foreign.MemorySegment;

/**
 * Where the rows of a matrix come from, as they stand in a file. Packing asks for each row once, in
 * ascending order, and copies it before it asks for the next.
 */
@FunctionalInterface
public interface RowSource {
  /**
   * The bytes of output row {@code index}, little-endian: exactly {@link
   * PackedMatrix.Format#rowBytes} of them.
   */
  MemorySegment row(int index);
}
