package dev.switchboard.model.kernel;

import static dev.switchboard.model.kernel.BlockLayout.RUN;

import dev.switchboard.model.kernel.PackedMatrix.Format;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Products of block types with activation codes: the twin of {@link ScalarCodes}. Panels in tiles
 * of 256 columns. A few rows: integer dot products ({@link VectorDots}). Many: the codes of a tile,
 * times their sub-blocks' integer scales, are made floats once for all rows, and the F32 blocks add
 * them up. That is exact, as long as no sum reaches 2^24, for which runs are short enough; fma does
 * more of it an instruction than the integer instructions that Java reaches.
 */
final class VectorCodes {
  private static final int PANEL = PackedMatrix.PANEL;

  /** Rows from which on floats are quicker: making them must pay. */
  static final int MANY_ROWS = 24;

  private VectorCodes() {}

  // size: arrays and offsets instead of views, nothing is allocated per call
  static void matmul(
      PackedMatrix w,
      int firstPanel,
      int panels,
      ActivationCodes x,
      float[] y,
      int yOffset,
      Scratch scratch) {
    int n = w.rows();
    for (int panel = firstPanel; panel < firstPanel + panels; panel++) {
      int width = w.width(panel);
      if (width == PANEL) {
        panel(w, panel, x, y, yOffset + panel * PANEL, n, scratch.tiles());
      } else {
        float[] edge = scratch.edge(x.rows());
        panel(w, panel, x, edge, 0, PANEL, scratch.tiles());
        for (int r = 0; r < x.rows(); r++) {
          System.arraycopy(edge, r * PANEL, y, yOffset + r * n + panel * PANEL, width);
        }
      }
    }
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  private static void panel(
      PackedMatrix w,
      int panel,
      ActivationCodes x,
      float[] y,
      int yOffset,
      int yStride,
      TileScratch tiles) {
    BlockLayout layout = BlockLayout.of(w.format());
    for (int r = 0; r < x.rows(); r++) {
      Arrays.fill(y, yOffset + r * yStride, yOffset + r * yStride + PANEL, 0f);
    }
    int blocks = w.columns() / layout.elements();
    int step = TileScratch.COLUMNS / layout.elements();
    for (int first = 0; first < blocks; first += step) {
      int count = Math.min(step, blocks - first);
      long base = w.blockOffset(panel, first);
      VectorTiles.heads(layout, w.data(), base, count, tiles);
      if (x.rows() >= MANY_ROWS) {
        VectorTiles.integers(layout, w.data(), base, count, tiles);
        VectorCodeSums.add(layout, count, first, x, y, yOffset, yStride, tiles);
      } else {
        dots(w.format(), layout, w.data(), base, count, first, x, y, yOffset, yStride, tiles);
      }
    }
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  private static void dots(
      Format format,
      BlockLayout layout,
      MemorySegment data,
      long base,
      int count,
      int first,
      ActivationCodes x,
      float[] y,
      int yOffset,
      int yStride,
      TileScratch tiles) {
    float @Nullable [] minimums = layout.hasMinimums() ? tiles.minimums : null;
    boolean bytes = layout.planes().bytes();
    MemorySegment lines = bytes ? data : tiles.lines;
    long at = bytes ? base + layout.headerBytes() : 0;
    int stride = bytes ? layout.panelBlockBytes() : RUN * PANEL;
    if (!bytes) {
      VectorTiles.lines(layout, data, base, count, tiles);
    }
    for (int r = 0; r < x.rows(); r++) {
      int to = yOffset + r * yStride;
      if (layout.subs() > 0) {
        int wide = layout.subs() == 8 ? 1 : 0;
        VectorDots.subBlocks(
            lines, tiles.scales, minimums, tiles.subs, tiles.mins, wide, x, r, first, y, to);
      } else if (bytes || format == Format.Q5_1) {
        VectorDots.wide(lines, at, stride, count, tiles.scales, minimums, x, r, first, y, to);
      } else {
        VectorDots.small(lines, at, stride, count, tiles.scales, minimums, x, r, first, y, to);
      }
    }
  }
}
