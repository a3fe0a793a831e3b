package dev.switchboard.model.kernel;

import static dev.switchboard.model.kernel.BlockLayout.GROUP;
import static dev.switchboard.model.kernel.BlockLayout.LINE_BYTES;
import static dev.switchboard.model.kernel.BlockLayout.RUN_LINES;
import static dev.switchboard.model.kernel.VectorShape.FLOATS;
import static dev.switchboard.model.kernel.VectorShape.INTS;
import static dev.switchboard.model.kernel.VectorShape.LANES;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * From lines of signed bytes to a tile of floats {@code [columns][64]}: code times factor, or plus
 * an addend. With integer factors (1, or a sub-block's scale) the floats are exact integers.
 */
final class VectorExpand {
  private static final int PANEL = PackedMatrix.PANEL;
  private static final ByteOrder LITTLE = ByteOrder.LITTLE_ENDIAN;
  private static final long COLUMN = 4L * PANEL;

  /** Lines of 16 columns: the smallest sub-block. */
  private static final int PART_LINES = 4;

  private static final int PART_COLUMNS = 4 * PART_LINES;
  private static final int GROUP_LINES_BYTES = RUN_LINES * LINE_BYTES;

  private VectorExpand() {}

  /**
   * @param stride bytes from one run of 32 columns to the next
   * @param wide 0 if each 16 columns have their row of factors, 1 if each 32
   */
  // size: arrays and offsets instead of views, nothing is allocated per call
  static void times(
      MemorySegment lines,
      long at,
      int stride,
      int runs,
      float[] factors,
      int wide,
      MemorySegment tile) {
    for (int part = 0; part < 2 * runs; part++) {
      int row = (part >> wide) * PANEL;
      long to = part * PART_COLUMNS * COLUMN;
      for (int c = 0; c < PANEL; c += LANES) {
        FloatVector factor = FloatVector.fromArray(FLOATS, factors, row + c);
        long line = lineAt(at, stride, part, c);
        for (int j = 0; j < PART_LINES; j++) {
          IntVector v = IntVector.fromMemorySegment(INTS, lines, line + j * LINE_BYTES, LITTLE);
          IntVector v0 = v.lanewise(VectorOperators.LSHL, 24).lanewise(VectorOperators.ASHR, 24);
          IntVector v1 = v.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 24);
          IntVector v2 = v.lanewise(VectorOperators.LSHL, 8).lanewise(VectorOperators.ASHR, 24);
          IntVector v3 = v.lanewise(VectorOperators.ASHR, 24);
          long out = to + 4 * j * COLUMN + 4L * c;
          ((FloatVector) v0.convert(VectorOperators.I2F, 0))
              .mul(factor)
              .intoMemorySegment(tile, out, LITTLE);
          ((FloatVector) v1.convert(VectorOperators.I2F, 0))
              .mul(factor)
              .intoMemorySegment(tile, out + COLUMN, LITTLE);
          ((FloatVector) v2.convert(VectorOperators.I2F, 0))
              .mul(factor)
              .intoMemorySegment(tile, out + 2 * COLUMN, LITTLE);
          ((FloatVector) v3.convert(VectorOperators.I2F, 0))
              .mul(factor)
              .intoMemorySegment(tile, out + 3 * COLUMN, LITTLE);
        }
      }
    }
  }

  /** As above; the product is rounded, then the addend is added. */
  // size: arrays and offsets instead of views, nothing is allocated per call
  static void timesPlus(
      MemorySegment lines,
      long at,
      int stride,
      int runs,
      float[] factors,
      float[] addends,
      int wide,
      MemorySegment tile) {
    for (int part = 0; part < 2 * runs; part++) {
      int row = (part >> wide) * PANEL;
      long to = part * PART_COLUMNS * COLUMN;
      for (int c = 0; c < PANEL; c += LANES) {
        FloatVector factor = FloatVector.fromArray(FLOATS, factors, row + c);
        FloatVector addend = FloatVector.fromArray(FLOATS, addends, row + c);
        long line = lineAt(at, stride, part, c);
        for (int j = 0; j < PART_LINES; j++) {
          IntVector v = IntVector.fromMemorySegment(INTS, lines, line + j * LINE_BYTES, LITTLE);
          IntVector v0 = v.lanewise(VectorOperators.LSHL, 24).lanewise(VectorOperators.ASHR, 24);
          IntVector v1 = v.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 24);
          IntVector v2 = v.lanewise(VectorOperators.LSHL, 8).lanewise(VectorOperators.ASHR, 24);
          IntVector v3 = v.lanewise(VectorOperators.ASHR, 24);
          long out = to + 4 * j * COLUMN + 4L * c;
          ((FloatVector) v0.convert(VectorOperators.I2F, 0))
              .mul(factor)
              .add(addend)
              .intoMemorySegment(tile, out, LITTLE);
          ((FloatVector) v1.convert(VectorOperators.I2F, 0))
              .mul(factor)
              .add(addend)
              .intoMemorySegment(tile, out + COLUMN, LITTLE);
          ((FloatVector) v2.convert(VectorOperators.I2F, 0))
              .mul(factor)
              .add(addend)
              .intoMemorySegment(tile, out + 2 * COLUMN, LITTLE);
          ((FloatVector) v3.convert(VectorOperators.I2F, 0))
              .mul(factor)
              .add(addend)
              .intoMemorySegment(tile, out + 3 * COLUMN, LITTLE);
        }
      }
    }
  }

  /** The first line of 16 columns, at the row c of a panel. */
  private static long lineAt(long at, int stride, int part, int c) {
    return at
        + (long) (part / 2) * stride
        + part % 2 * (PART_LINES * LINE_BYTES)
        + c / GROUP * GROUP_LINES_BYTES
        + c % GROUP * 4;
  }
}
