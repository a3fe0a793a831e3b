package dev.switchboard.model.kernel;

import dev.switchboard.model.kernel.PackedMatrix.Format;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * From rows of single values to panels {@code [rows/64][columns][64]}: 64 rows at a time are copied
 * to the heap in bulk and transposed there, a few columns of all rows at a time so that both sides
 * stay in the first cache. (Through heap arrays: the interpreter, which runs this at start, is
 * quicker on them.)
 */
final class ElementPacker {
  private static final int PANEL = PackedMatrix.PANEL;
  private static final int TILE = 16;
  private static final int PAIR_BLOCK = 32;

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Format format;
  private final int columns;
  private final int rowBytes;
  private final int[] position = new int[PANEL];

  ElementPacker(Format format, int columns) {
    this.format = format;
    this.columns = columns;
    this.rowBytes = Math.toIntExact(format.rowBytes(columns));
    for (int lane = 0; lane < PANEL; lane++) {
      position[lane] = position(format, lane);
    }
  }

  /**
   * Where a row of a panel lies among its 64 values. Values of 16 bits are in pair order: the 16
   * ints of a block of 32 rows hold row i in their low half and row 16 + i in their high half, so
   * shifts and masks widen them.
   */
  static int position(Format format, int lane) {
    if (!format.isPairs()) {
      return lane;
    }
    int within = lane % PAIR_BLOCK;
    return (lane / PAIR_BLOCK * 16 + within % 16) * 2 + within / 16;
  }

  /**
   * A maker of panels.
   *
   * @param count rows of the matrix
   * @param offset where in a panel's bytes these values begin
   */
  Packing.PanelMaker panels(RowSource source, int count, long offset) {
    return switch (format) {
      case F32 -> ints(source, count, offset);
      case BF16, F16 -> shorts(source, count, offset);
      case F8_E4M3 -> bytes(source, count, offset);
      default -> throw new IllegalArgumentException(format + " is a block type");
    };
  }

  private Packing.PanelMaker ints(RowSource source, int count, long offset) {
    int[] rows = new int[columns * PANEL];
    int[] values = new int[rows.length];
    return (panel, to, at) -> {
      int width = Math.min(PANEL, count - panel * PANEL);
      for (int lane = 0; lane < width; lane++) {
        MemorySegment row = PackedMatrix.checkedRow(source, panel * PANEL + lane, rowBytes);
        MemorySegment.copy(row, INT, 0, rows, lane * columns, columns);
      }
      Arrays.fill(rows, width * columns, rows.length, 0);
      transpose(rows, values);
      MemorySegment.copy(values, 0, to, INT, at + offset, values.length);
    };
  }

  private Packing.PanelMaker shorts(RowSource source, int count, long offset) {
    short[] rows = new short[columns * PANEL];
    short[] values = new short[rows.length];
    return (panel, to, at) -> {
      int width = Math.min(PANEL, count - panel * PANEL);
      for (int lane = 0; lane < width; lane++) {
        MemorySegment row = PackedMatrix.checkedRow(source, panel * PANEL + lane, rowBytes);
        MemorySegment.copy(row, SHORT, 0, rows, lane * columns, columns);
      }
      Arrays.fill(rows, width * columns, rows.length, (short) 0);
      transpose(rows, values);
      MemorySegment.copy(values, 0, to, SHORT, at + offset, values.length);
    };
  }

  private Packing.PanelMaker bytes(RowSource source, int count, long offset) {
    byte[] rows = new byte[columns * PANEL];
    byte[] values = new byte[rows.length];
    return (panel, to, at) -> {
      int width = Math.min(PANEL, count - panel * PANEL);
      for (int lane = 0; lane < width; lane++) {
        MemorySegment row = PackedMatrix.checkedRow(source, panel * PANEL + lane, rowBytes);
        MemorySegment.copy(row, ValueLayout.JAVA_BYTE, 0, rows, lane * columns, columns);
      }
      Arrays.fill(rows, width * columns, rows.length, (byte) 0);
      transpose(rows, values);
      MemorySegment.copy(values, 0, to, ValueLayout.JAVA_BYTE, at + offset, values.length);
    };
  }

  private void transpose(int[] rows, int[] panel) {
    for (int k = 0; k < columns; k += TILE) {
      int end = Math.min(columns, k + TILE);
      for (int lane = 0; lane < PANEL; lane++) {
        for (int i = k; i < end; i++) {
          panel[i * PANEL + position[lane]] = rows[lane * columns + i];
        }
      }
    }
  }

  private void transpose(short[] rows, short[] panel) {
    for (int k = 0; k < columns; k += TILE) {
      int end = Math.min(columns, k + TILE);
      for (int lane = 0; lane < PANEL; lane++) {
        for (int i = k; i < end; i++) {
          panel[i * PANEL + position[lane]] = rows[lane * columns + i];
        }
      }
    }
  }

  private void transpose(byte[] rows, byte[] panel) {
    for (int k = 0; k < columns; k += TILE) {
      int end = Math.min(columns, k + TILE);
      for (int lane = 0; lane < PANEL; lane++) {
        for (int i = k; i < end; i++) {
          panel[i * PANEL + position[lane]] = rows[lane * columns + i];
        }
      }
    }
  }
}
