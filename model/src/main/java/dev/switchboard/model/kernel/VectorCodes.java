package dev.switchboard.model.kernel;

import static dev.switchboard.model.kernel.BlockLayout.RUN;

import dev.switchboard.model.kernel.PackedMatrix.Format;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Products of block types with activation codes: the twin of {@link ScalarCodes}. Q8_0 for a few
 * rows, and Q4_0 and Q4_1, straight from the panels as they lie. Others in tiles of 256 columns. A
 * few rows: integer dot products ({@link VectorDots}). Many: the codes of a tile, times their
 * sub-blocks' integer scales, are made floats once for all rows, and the F32 blocks add them up.
 * That is exact, as long as no sum reaches 2^24, for which runs are short enough; fma does more of
 * it an instruction than the integer instructions that Java reaches.
 */
final class VectorCodes {
  private static final int PANEL = PackedMatrix.PANEL;

  /** Rows from which on floats are quicker: making them must pay. */
  static final int MANY_ROWS = 24;

  /** Blocks of columns that stay in the first cache while all rows meet them. */
  private static final int DIRECT_BLOCKS = 8;

  /** Rows of a block of the kernels that read panels as they lie. */
  private static final int ROWS = 4;

  private VectorCodes() {}

  // size: arrays and offsets instead of views, nothing is allocated per call
  static void matmul(
      PackedMatrix w,
      int firstPanel,
      int panels,
      ActivationCodes x,
      int firstRow,
      int rows,
      float[] y,
      int yOffset,
      int yStride,
      Scratch scratch) {
    for (int panel = firstPanel; panel < firstPanel + panels; panel++) {
      int width = w.width(panel);
      int to = yOffset + (panel - firstPanel) * PANEL;
      if (width == PANEL) {
        panel(w, panel, x, firstRow, rows, y, to, yStride, scratch.tiles());
      } else {
        float[] edge = scratch.edge(rows);
        panel(w, panel, x, firstRow, rows, edge, 0, PANEL, scratch.tiles());
        for (int r = 0; r < rows; r++) {
          System.arraycopy(edge, r * PANEL, y, to + r * yStride, width);
        }
      }
    }
  }

  /** Both forms: a product of many rows may be cut into some of few. */
  static void prepare(ActivationCodes x) {
    x.pairs();
    if (x.rows() >= MANY_ROWS) {
      x.values();
    }
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  private static void panel(
      PackedMatrix w,
      int panel,
      ActivationCodes x,
      int firstRow,
      int rows,
      float[] y,
      int yOffset,
      int yStride,
      TileScratch tiles) {
    BlockLayout layout = BlockLayout.of(w.format());
    if (direct(w.format(), rows)) {
      direct(w, panel, x, firstRow, rows, y, yOffset, yStride);
      return;
    }
    for (int r = 0; r < rows; r++) {
      Arrays.fill(y, yOffset + r * yStride, yOffset + r * yStride + PANEL, 0f);
    }
    int blocks = w.columns() / layout.elements();
    int step = TileScratch.COLUMNS / layout.elements();
    for (int first = 0; first < blocks; first += step) {
      int count = Math.min(step, blocks - first);
      long base = w.blockOffset(panel, first);
      VectorTiles.heads(layout, w.data(), base, count, tiles);
      if (rows >= MANY_ROWS) {
        VectorTiles.integers(layout, w.data(), base, count, tiles);
        VectorCodeSums.add(layout, count, first, x, firstRow, rows, y, yOffset, yStride, tiles);
      } else {
        dots(w, base, count, first, x, firstRow, rows, y, yOffset, yStride, tiles);
      }
    }
  }

  /** Whether there is a kernel that reads the panels as they lie. */
  private static boolean direct(Format format, int rows) {
    return format == Format.Q8_0 && rows < MANY_ROWS
        || format == Format.Q4_0
        || format == Format.Q4_1;
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  private static void direct(
      PackedMatrix w,
      int panel,
      ActivationCodes x,
      int firstRow,
      int rows,
      float[] y,
      int yOffset,
      int yStride) {
    for (int r = 0; r < rows; r++) {
      Arrays.fill(y, yOffset + r * yStride, yOffset + r * yStride + PANEL, 0f);
    }
    int blocks = w.columns() / w.format().blockElements();
    int step = rows <= ROWS ? blocks : DIRECT_BLOCKS;
    for (int first = 0; first < blocks; first += step) {
      int count = Math.min(step, blocks - first);
      long base = w.blockOffset(panel, first);
      if (w.format() == Format.Q8_0) {
        bytes(w.data(), base, count, x, firstRow, rows, first, y, yOffset, yStride);
      } else {
        nibbles(w, base, count, x, firstRow, rows, first, y, yOffset, yStride);
      }
    }
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  private static void bytes(
      MemorySegment data,
      long base,
      int count,
      ActivationCodes x,
      int firstRow,
      int rows,
      int first,
      float[] y,
      int yOffset,
      int yStride) {
    int r = 0;
    for (; r <= rows - ROWS; r += ROWS) {
      int to = yOffset + r * yStride;
      VectorBytes.rows4(data, base, count, x, firstRow + r, first, y, to, yStride);
    }
    for (; r < rows; r++) {
      int to = yOffset + r * yStride;
      VectorBytes.rows1(data, base, count, x, firstRow + r, first, y, to);
    }
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  private static void nibbles(
      PackedMatrix w,
      long base,
      int count,
      ActivationCodes x,
      int firstRow,
      int rows,
      int first,
      float[] y,
      int yOffset,
      int yStride) {
    BlockLayout layout = BlockLayout.of(w.format());
    int r = 0;
    for (; r <= rows - ROWS; r += ROWS) {
      int to = yOffset + r * yStride;
      VectorNibbles.rows4(layout, w.data(), base, count, x, firstRow + r, first, y, to, yStride);
    }
    for (; r < rows; r++) {
      int to = yOffset + r * yStride;
      VectorNibbles.rows1(layout, w.data(), base, count, x, firstRow + r, first, y, to);
    }
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  private static void dots(
      PackedMatrix w,
      long base,
      int count,
      int first,
      ActivationCodes x,
      int firstRow,
      int rows,
      float[] y,
      int yOffset,
      int yStride,
      TileScratch tiles) {
    BlockLayout layout = BlockLayout.of(w.format());
    MemorySegment data = w.data();
    float @Nullable [] minimums = layout.hasMinimums() ? tiles.minimums : null;
    boolean bytes = layout.planes().bytes();
    MemorySegment lines = bytes ? data : tiles.lines;
    long at = bytes ? base + layout.headerBytes() : 0;
    int stride = bytes ? layout.panelBlockBytes() : RUN * PANEL;
    if (!bytes) {
      VectorTiles.lines(layout, data, base, count, tiles);
    }
    for (int i = 0; i < rows; i++) {
      int r = firstRow + i;
      int to = yOffset + i * yStride;
      if (layout.subs() > 0) {
        int wide = layout.subs() == 8 ? 1 : 0;
        VectorSubBlockDots.subBlocks(
            lines, tiles.scales, minimums, tiles.subs, tiles.mins, wide, x, r, first, y, to);
      } else if (bytes || w.format() == Format.Q5_1) {
        VectorDots.wide(lines, at, stride, count, tiles.scales, minimums, x, r, first, y, to);
      } else {
        VectorDots.small(lines, at, stride, count, tiles.scales, minimums, x, r, first, y, to);
      }
    }
  }
}
