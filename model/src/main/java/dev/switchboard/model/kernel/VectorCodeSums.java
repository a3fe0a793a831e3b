package dev.switchboard.model.kernel;

import static dev.switchboard.model.kernel.VectorShape.FLOATS;
import static dev.switchboard.model.kernel.VectorShape.INTS;
import static dev.switchboard.model.kernel.VectorShape.LANES;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Many rows of activation codes against a tile of exact integers: the F32 blocks add up a run,
 * whose sums are exact below 2^24; what a run's sums then meet is done here.
 */
final class VectorCodeSums {
  private static final int PANEL = PackedMatrix.PANEL;
  private static final long COLUMN = 4L * PANEL;

  private VectorCodeSums() {}

  /** Adds the products with {@code count} blocks of the tile to y. */
  // size: arrays and offsets instead of views, nothing is allocated per call
  static void add(
      BlockLayout layout,
      int count,
      int firstBlock,
      ActivationCodes x,
      int firstRow,
      int rows,
      float[] y,
      int yOffset,
      int yStride,
      TileScratch tiles) {
    int r = 0;
    while (r < rows) {
      int some = VectorMatmul.blockOf(rows - r);
      int row = firstRow + r;
      int to = yOffset + r * yStride;
      if (layout.subs() > 0) {
        big(layout, firstBlock, x, row, some, y, to, yStride, tiles);
      } else {
        small(layout, count, firstBlock, x, row, some, y, to, yStride, tiles);
      }
      r += some;
    }
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  private static void small(
      BlockLayout layout,
      int count,
      int firstBlock,
      ActivationCodes x,
      int row,
      int rows,
      float[] y,
      int yOffset,
      int yStride,
      TileScratch tiles) {
    int columns = x.columns();
    int block = layout.elements();
    for (int b = 0; b < count; b++) {
      int from = row * columns + (firstBlock + b) * block;
      Arrays.fill(tiles.run, 0, rows * PANEL, 0f);
      VectorMatmul.floatBlock(
          x.values(),
          from,
          columns,
          tiles.floats,
          b * block * COLUMN,
          block,
          rows,
          tiles.run,
          0,
          PANEL);
      for (int i = 0; i < rows; i++) {
        float scale = x.scale(row + i, firstBlock + b);
        int to = yOffset + i * yStride;
        scaled(tiles.run, i * PANEL, tiles.scales, b * PANEL, scale, y, to);
        if (layout.hasMinimums()) {
          int at = (from + i * columns) / ActivationCodes.SUM_COLUMNS;
          float sum = x.sums()[at] + x.sums()[at + 1];
          scaled(sum, tiles.minimums, b * PANEL, scale, y, to);
        }
      }
    }
  }

  /** y = fma(sums, weightScales * scale, y), 64 outputs. */
  // size: arrays and offsets instead of views, nothing is allocated per call
  private static void scaled(
      float[] sums, int at, float[] weightScales, int scalesAt, float scale, float[] y, int to) {
    for (int c = 0; c < PANEL; c += LANES) {
      FloatVector.fromArray(FLOATS, sums, at + c)
          .fma(
              FloatVector.fromArray(FLOATS, weightScales, scalesAt + c).mul(scale),
              FloatVector.fromArray(FLOATS, y, to + c))
          .intoArray(y, to + c);
    }
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  private static void scaled(
      float sum, float[] weightScales, int scalesAt, float scale, float[] y, int to) {
    for (int c = 0; c < PANEL; c += LANES) {
      FloatVector.broadcast(FLOATS, sum)
          .fma(
              FloatVector.fromArray(FLOATS, weightScales, scalesAt + c).mul(scale),
              FloatVector.fromArray(FLOATS, y, to + c))
          .intoArray(y, to + c);
    }
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  private static void big(
      BlockLayout layout,
      int block,
      ActivationCodes x,
      int row,
      int rows,
      float[] y,
      int yOffset,
      int yStride,
      TileScratch tiles) {
    int columns = x.columns();
    int from = row * columns + block * layout.elements();
    int exact = layout.exactColumns();
    Arrays.fill(tiles.totals, 0, rows * PANEL, 0);
    for (int k = 0; k < layout.elements(); k += exact) {
      Arrays.fill(tiles.run, 0, rows * PANEL, 0f);
      VectorMatmul.floatBlock(
          x.values(),
          from + k,
          columns,
          tiles.floats,
          k * COLUMN,
          exact,
          rows,
          tiles.run,
          0,
          PANEL);
      for (int i = 0; i < rows * PANEL; i += LANES) {
        ((IntVector) FloatVector.fromArray(FLOATS, tiles.run, i).convert(VectorOperators.F2I, 0))
            .add(IntVector.fromArray(INTS, tiles.totals, i))
            .intoArray(tiles.totals, i);
      }
    }
    for (int i = 0; i < rows; i++) {
      float scale = x.scale(row + i, block);
      int to = yOffset + i * yStride;
      for (int c = 0; c < PANEL; c += LANES) {
        ((FloatVector)
                IntVector.fromArray(INTS, tiles.totals, i * PANEL + c)
                    .convert(VectorOperators.I2F, 0))
            .fma(
                FloatVector.fromArray(FLOATS, tiles.scales, c).mul(scale),
                FloatVector.fromArray(FLOATS, y, to + c))
            .intoArray(y, to + c);
      }
      if (layout.hasMinimums()) {
        int wide = layout.subs() == 8 ? 1 : 0;
        VectorSubBlockDots.minimums(tiles.minimums, tiles.mins, wide, x, row + i, block, y, to);
      }
    }
  }
}
