package dev.switchboard.model.kernel;

import static dev.switchboard.model.kernel.BlockLayout.RUN;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** Takes a tile of a block type apart: up to 256 columns of 64 rows, into {@link TileScratch}. */
final class VectorTiles {
  private static final int PANEL = PackedMatrix.PANEL;
  private static final int LINES_RUN_BYTES = RUN * PANEL;

  private VectorTiles() {}

  /** Scales and minimums of {@code count} blocks, integers of sub-blocks (then count is 1). */
  // size: arrays and offsets instead of views, nothing is allocated per call
  static void heads(
      BlockLayout layout, MemorySegment data, long base, int count, TileScratch tiles) {
    int stride = layout.panelBlockBytes();
    if (layout.scales() == BlockLayout.Scales.EXPONENT) {
      VectorScales.exponents(data, base, stride, count, tiles.scales);
    } else {
      VectorScales.halves(data, base, stride, count, tiles.scales);
    }
    if (layout.hasMinimums()) {
      long at = base + layout.minScalesOffset();
      VectorScales.halves(data, at, stride, count, tiles.minimums);
    }
    if (layout.subs() > 0) {
      boolean shared = layout.mins() == BlockLayout.Mins.HIGH_NIBBLES;
      int bits = shared ? 4 : 8;
      VectorScales.subs(data, base + layout.subsOffset(), layout.subs(), 0, bits, tiles.subs);
      if (layout.hasMinimums()) {
        long at = base + layout.minsOffset();
        VectorScales.subs(data, at, layout.subs(), shared ? 4 : 0, bits, tiles.mins);
      }
    }
  }

  /** The codes of {@code count} blocks as lines of bytes; not for types that are lines already. */
  // size: arrays and offsets instead of views, nothing is allocated per call
  static void lines(
      BlockLayout layout, MemorySegment data, long base, int count, TileScratch tiles) {
    for (int b = 0; b < count; b++) {
      long from = base + (long) b * layout.panelBlockBytes();
      long to = (long) b * layout.runs() * LINES_RUN_BYTES;
      VectorUnpack.block(layout, data, from, tiles.lines, to);
    }
  }

  /** The tile's codes, times the scales of their sub-blocks if any, as exact floats. */
  // size: arrays and offsets instead of views, nothing is allocated per call
  static void integers(
      BlockLayout layout, MemorySegment data, long base, int count, TileScratch tiles) {
    if (layout.subs() > 0) {
      VectorScales.floats(tiles.subs, layout.subs(), tiles.factors);
    } else {
      Arrays.fill(tiles.factors, 0, count * PANEL, 1f);
    }
    expand(layout, data, base, count, false, tiles);
  }

  /** The tile's weights, widened as {@link PanelReader} does. */
  // size: arrays and offsets instead of views, nothing is allocated per call
  static void weights(
      BlockLayout layout, MemorySegment data, long base, int count, TileScratch tiles) {
    heads(layout, data, base, count, tiles);
    boolean minimums = layout.hasMinimums();
    if (layout.subs() > 0) {
      VectorScales.products(tiles.scales, tiles.subs, layout.subs(), false, tiles.factors);
      if (minimums) {
        VectorScales.products(tiles.minimums, tiles.mins, layout.subs(), true, tiles.addends);
      }
    } else {
      System.arraycopy(tiles.scales, 0, tiles.factors, 0, count * PANEL);
      System.arraycopy(tiles.minimums, 0, tiles.addends, 0, count * PANEL);
    }
    expand(layout, data, base, count, minimums, tiles);
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  private static void expand(
      BlockLayout layout,
      MemorySegment data,
      long base,
      int count,
      boolean plus,
      TileScratch tiles) {
    boolean bytes = layout.planes().bytes();
    MemorySegment lines = bytes ? data : tiles.lines;
    long at = bytes ? base + layout.headerBytes() : 0;
    int stride = bytes ? layout.panelBlockBytes() : LINES_RUN_BYTES;
    if (!bytes) {
      lines(layout, data, base, count, tiles);
    }
    int runs = count * layout.runs();
    int wide = layout.subs() == 16 ? 0 : 1;
    if (plus) {
      VectorExpand.timesPlus(
          lines, at, stride, runs, tiles.factors, tiles.addends, wide, tiles.floats);
    } else {
      VectorExpand.times(lines, at, stride, runs, tiles.factors, wide, tiles.floats);
    }
  }
}
