package dev.switchboard.model.kernel;

import static dev.switchboard.model.kernel.VectorShape.BLOCK;
import static dev.switchboard.model.kernel.VectorShape.LANES;

import dev.switchboard.model.kernel.PackedMatrix.Format;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Cuts a product into register blocks: panels of 64 outputs, columns in blocks that keep a panel in
 * L2, rows by six, four, two and one. Between two blocks of columns the running sums rest in the
 * output, which changes no bit of them.
 */
final class VectorMatmul {
  private static final int PANEL = PackedMatrix.PANEL;
  private static final int COLUMN_BLOCK = 1024;

  /** Rows from which on it pays to widen F16 once for all of them. */
  private static final int WIDENED_ROWS = 16;

  /** Six rows by four vectors want 29 registers; processors with narrow vectors have 16. */
  private static final boolean MANY_REGISTERS = LANES == 16;

  private VectorMatmul() {}

  // size: arrays and offsets instead of views, nothing is allocated per call
  static void run(
      PackedMatrix w,
      int firstPanel,
      int panels,
      float[] x,
      int xOffset,
      int xStride,
      int rows,
      float[] y,
      int yOffset,
      int yStride,
      Scratch scratch) {
    int end = firstPanel + panels;
    int full = Math.min(end, w.rows() / PANEL);
    int width = (full - firstPanel) * PANEL;
    for (int r = 0; r < rows; r++) {
      Arrays.fill(y, yOffset + r * yStride, yOffset + r * yStride + width, 0f);
    }
    for (int k = 0; k < w.columns(); k += COLUMN_BLOCK) {
      int depth = Math.min(COLUMN_BLOCK, w.columns() - k);
      for (int panel = firstPanel; panel < full; panel++) {
        int to = yOffset + (panel - firstPanel) * PANEL;
        rows(w, panel, k, depth, x, xOffset, xStride, rows, y, to, yStride, scratch);
      }
    }
    if (full < end) {
      edge(w, full, x, xOffset, xStride, rows, y, yOffset + width, yStride, scratch);
    }
  }

  /** The last panel, which is not full: through a buffer that is. */
  // size: arrays and offsets instead of views, nothing is allocated per call
  private static void edge(
      PackedMatrix w,
      int panel,
      float[] x,
      int xOffset,
      int xStride,
      int rows,
      float[] y,
      int yOffset,
      int yStride,
      Scratch scratch) {
    int width = w.width(panel);
    float[] buffer = scratch.edge(rows);
    Arrays.fill(buffer, 0, rows * PANEL, 0f);
    rows(w, panel, 0, w.columns(), x, xOffset, xStride, rows, buffer, 0, PANEL, scratch);
    for (int r = 0; r < rows; r++) {
      System.arraycopy(buffer, r * PANEL, y, yOffset + r * yStride, width);
    }
  }

  /** All rows against one panel and one block of columns; adds to y. */
  // size: arrays and offsets instead of views, nothing is allocated per call
  private static void rows(
      PackedMatrix w,
      int panel,
      int k,
      int depth,
      float[] x,
      int xOffset,
      int xStride,
      int rows,
      float[] y,
      int yOffset,
      int yStride,
      Scratch scratch) {
    if (w.format() == Format.F32) {
      long at = w.offset(panel, k);
      floats(x, xOffset + k, xStride, w.data(), at, depth, rows, y, yOffset, yStride);
    } else if (w.format() == Format.BF16 || w.format() == Format.F16 && rows < WIDENED_ROWS) {
      pairs(w, panel, k, depth, x, xOffset + k, xStride, rows, y, yOffset, yStride);
    } else {
      TileScratch tiles = scratch.tiles();
      for (int c = k; c < k + depth; c += TileScratch.COLUMNS) {
        int width = Math.min(TileScratch.COLUMNS, k + depth - c);
        VectorWidening.tile(w, panel, c, width, tiles);
        floats(x, xOffset + c, xStride, tiles.floats, 0, width, rows, y, yOffset, yStride);
      }
    }
  }

  /** All rows against F32 weights {@code [depth][64]}; adds to y. */
  // size: arrays and offsets instead of views, nothing is allocated per call
  private static void floats(
      float[] x,
      int xOffset,
      int xStride,
      MemorySegment data,
      long offset,
      int depth,
      int rows,
      float[] y,
      int yOffset,
      int yStride) {
    int r = 0;
    while (r < rows) {
      int block = blockOf(rows - r);
      int from = xOffset + r * xStride;
      floatBlock(x, from, xStride, data, offset, depth, block, y, yOffset + r * yStride, yStride);
      r += block;
    }
  }

  /** Rows of the next block. Eight are two fours, which is quicker than six and two. */
  static int blockOf(int rows) {
    if (MANY_REGISTERS && rows >= 4) {
      return rows >= 6 && rows != 8 ? 6 : 4;
    }
    return rows >= 2 ? 2 : 1;
  }

  /** One block of rows (6, 4, 2 or 1) against F32 weights {@code [depth][64]}; adds to y. */
  // size: arrays and offsets instead of views, nothing is allocated per call
  static void floatBlock(
      float[] x,
      int xOffset,
      int xStride,
      MemorySegment w,
      long offset,
      int depth,
      int rows,
      float[] y,
      int yOffset,
      int yStride) {
    for (int c = 0; c < PANEL; c += BLOCK) {
      long at = offset + 4L * c;
      int to = yOffset + c;
      switch (rows) {
        case 6 -> VectorF32Blocks.rows6(x, xOffset, xStride, w, at, depth, y, to, yStride);
        case 4 -> VectorF32Blocks.rows4(x, xOffset, xStride, w, at, depth, y, to, yStride);
        case 2 -> VectorF32Blocks.rows2(x, xOffset, xStride, w, at, depth, y, to, yStride);
        default -> VectorF32Blocks.rows1(x, xOffset, w, at, depth, y, to);
      }
    }
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  private static void pairs(
      PackedMatrix w,
      int panel,
      int k,
      int depth,
      float[] x,
      int xOffset,
      int xStride,
      int rows,
      float[] y,
      int yOffset,
      int yStride) {
    boolean f16 = w.format() == Format.F16;
    int r = 0;
    while (r < rows) {
      // Widening F16 takes the registers of two rows.
      int block = f16 ? blockOf(Math.min(4, rows - r)) : blockOf(rows - r);
      int from = xOffset + r * xStride;
      int to = yOffset + r * yStride;
      if (f16) {
        f16Block(w.data(), w.offset(panel, k), depth, x, from, xStride, block, y, to, yStride);
      } else {
        bf16Block(w.data(), w.offset(panel, k), depth, x, from, xStride, block, y, to, yStride);
      }
      r += block;
    }
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  private static void bf16Block(
      MemorySegment data,
      long offset,
      int depth,
      float[] x,
      int xOffset,
      int stride,
      int rows,
      float[] y,
      int yOffset,
      int yStride) {
    for (int pair = 0; pair < PANEL / 2; pair += 2 * LANES) {
      long at = offset + 4L * pair;
      int to = yOffset + pair / 16 * 32 + pair % 16;
      switch (rows) {
        case 6 -> VectorBf16Blocks.rows6(x, xOffset, stride, data, at, depth, y, to, yStride);
        case 4 -> VectorBf16Blocks.rows4(x, xOffset, stride, data, at, depth, y, to, yStride);
        case 2 -> VectorBf16Blocks.rows2(x, xOffset, stride, data, at, depth, y, to, yStride);
        default -> VectorBf16Blocks.rows1(x, xOffset, data, at, depth, y, to);
      }
    }
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  private static void f16Block(
      MemorySegment data,
      long offset,
      int depth,
      float[] x,
      int xOffset,
      int stride,
      int rows,
      float[] y,
      int yOffset,
      int yStride) {
    for (int pair = 0; pair < PANEL / 2; pair += 2 * LANES) {
      long at = offset + 4L * pair;
      int to = yOffset + pair / 16 * 32 + pair % 16;
      switch (rows) {
        case 4 -> VectorF16Blocks.rows4(x, xOffset, stride, data, at, depth, y, to, yStride);
        case 2 -> VectorF16Blocks.rows2(x, xOffset, stride, data, at, depth, y, to, yStride);
        default -> VectorF16Blocks.rows1(x, xOffset, data, at, depth, y, to);
      }
    }
  }
}
