package dev.switchboard.model.kernel;

import static dev.switchboard.model.kernel.VectorShape.BLOCK;
import static dev.switchboard.model.kernel.VectorShape.LANES;

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
      int rows,
      float[] y,
      int yOffset,
      Scratch scratch) {
    int n = w.rows();
    int end = firstPanel + panels;
    int full = Math.min(end, n / PANEL);
    for (int r = 0; r < rows; r++) {
      int row = yOffset + r * n;
      Arrays.fill(y, row + firstPanel * PANEL, row + Math.min(end * PANEL, n), 0f);
    }
    for (int k = 0; k < w.columns(); k += COLUMN_BLOCK) {
      int depth = Math.min(COLUMN_BLOCK, w.columns() - k);
      for (int panel = firstPanel; panel < full; panel++) {
        rows(w, panel, k, depth, x, xOffset, rows, y, yOffset + panel * PANEL, n);
      }
    }
    if (full < end) {
      edge(w, full, x, xOffset, rows, y, yOffset + full * PANEL, scratch.edge);
    }
  }

  /** The last panel, which is not full: through a buffer that is. */
  // size: arrays and offsets instead of views, nothing is allocated per call
  private static void edge(
      PackedMatrix w,
      int panel,
      float[] x,
      int xOffset,
      int rows,
      float[] y,
      int yOffset,
      float[] buffer) {
    int width = w.width(panel);
    int columns = w.columns();
    for (int r = 0; r < rows; r += KernelSet.MAX_ROW_BLOCK) {
      int block = Math.min(KernelSet.MAX_ROW_BLOCK, rows - r);
      Arrays.fill(buffer, 0, block * PANEL, 0f);
      rows(w, panel, 0, columns, x, xOffset + r * columns, block, buffer, 0, PANEL);
      for (int i = 0; i < block; i++) {
        System.arraycopy(buffer, i * PANEL, y, yOffset + (r + i) * w.rows(), width);
      }
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
      int rows,
      float[] y,
      int yOffset,
      int yStride) {
    int columns = w.columns();
    int r = 0;
    while (r < rows) {
      int block = blockOf(rows - r);
      int from = xOffset + r * columns + k;
      block(w, panel, k, depth, x, from, block, y, yOffset + r * yStride, yStride);
      r += block;
    }
  }

  /** Rows of the next block. Eight are two fours, which is quicker than six and two. */
  private static int blockOf(int rows) {
    if (MANY_REGISTERS && rows >= 4) {
      return rows >= 6 && rows != 8 ? 6 : 4;
    }
    return rows >= 2 ? 2 : 1;
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  private static void block(
      PackedMatrix w,
      int panel,
      int k,
      int depth,
      float[] x,
      int xOffset,
      int rows,
      float[] y,
      int yOffset,
      int yStride) {
    MemorySegment data = w.data();
    long offset = w.offset(panel, k);
    int stride = w.columns();
    if (w.format() == PackedMatrix.Format.F32) {
      for (int c = 0; c < PANEL; c += BLOCK) {
        long at = offset + 4L * c;
        switch (rows) {
          case 6 ->
              VectorF32Blocks.rows6(x, xOffset, stride, data, at, depth, y, yOffset + c, yStride);
          case 4 ->
              VectorF32Blocks.rows4(x, xOffset, stride, data, at, depth, y, yOffset + c, yStride);
          case 2 ->
              VectorF32Blocks.rows2(x, xOffset, stride, data, at, depth, y, yOffset + c, yStride);
          default -> VectorF32Blocks.rows1(x, xOffset, data, at, depth, y, yOffset + c);
        }
      }
    } else {
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
  }
}
