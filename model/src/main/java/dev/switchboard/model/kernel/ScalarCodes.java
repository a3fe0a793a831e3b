package dev.switchboard.model.kernel;

import static dev.switchboard.model.kernel.ActivationCodes.SUM_COLUMNS;
import static dev.switchboard.model.kernel.BlockLayout.RUN;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Products of block types with activation codes, plainly. An output of a block is an exact integer
 * (with sub-blocks: their sums times their integer scales, summed exactly), which meets the product
 * of the two F32 scales, rounded first, in one fma; the minimum's term follows by its own. Blocks
 * ascend from +0.
 */
final class ScalarCodes {
  /** Below it a block of activations is taken for zero: its inverse scale could overflow. */
  static final float SMALLEST = 0x1p-100f;

  /** The largest code. */
  static final float CODES = 127f;

  private static final int EXPONENT = 0x7f800000;

  private ScalarCodes() {}

  /** Fills codes, scales and sums of some blocks of a row of {@code out}, whose shape is set. */
  // size: arrays and offsets instead of views, nothing is allocated per call
  static void quantise(
      float[] x, int xOffset, ActivationCodes out, int row, int firstBlock, int blocks) {
    int first = row * out.blocks() + firstBlock;
    for (int b = 0; b < blocks; b++) {
      int at = first + b;
      out.scales()[at] = block(x, xOffset + b * out.block(), out.block(), out.codes(), at);
    }
    out.sum(first * out.block(), blocks * out.block());
  }

  private static float block(float[] x, int from, int width, byte[] codes, int block) {
    int largest = 0;
    for (int i = 0; i < width; i++) {
      largest = Math.max(largest, Float.floatToRawIntBits(x[from + i]) & Integer.MAX_VALUE);
    }
    float amax = Float.intBitsToFloat(largest);
    int to = block * width;
    if (largest >= EXPONENT || amax < SMALLEST) {
      Arrays.fill(codes, to, to + width, (byte) 0);
      return largest >= EXPONENT ? Float.NaN : 0f;
    }
    float inverse = CODES / amax;
    for (int i = 0; i < width; i++) {
      codes[to + i] = (byte) Math.rint(x[from + i] * inverse);
    }
    return amax / CODES;
  }

  /** y[rows, w.rows] = codes w^T, for the outputs of some panels. */
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
      byte[] codes) {
    BlockLayout layout = BlockLayout.of(w.format());
    for (int panel = firstPanel; panel < firstPanel + panels; panel++) {
      for (int lane = 0; lane < w.width(panel); lane++) {
        int to = yOffset + (panel - firstPanel) * PackedMatrix.PANEL + lane;
        for (int r = 0; r < rows; r++) {
          y[to + r * yStride] = 0f;
        }
        for (int b = 0; b < w.columns() / layout.elements(); b++) {
          long base = w.blockOffset(panel, b);
          for (int k = 0; k < layout.elements(); k++) {
            codes[k] = (byte) PanelReader.code(w.data(), base, layout, lane, k);
          }
          for (int r = 0; r < rows; r++) {
            int at = to + r * yStride;
            y[at] = add(y[at], w.data(), base, layout, lane, x, firstRow + r, b, codes);
          }
        }
      }
    }
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  private static float add(
      float y,
      MemorySegment data,
      long base,
      BlockLayout layout,
      int lane,
      ActivationCodes x,
      int row,
      int block,
      byte[] codes) {
    float scale = x.scale(row, block);
    int from = row * x.columns() + block * x.block();
    int sums = from / SUM_COLUMNS;
    float weight = PanelReader.scale(data, base, layout, lane) * scale;
    if (layout.subs() == 0) {
      y = Math.fma((float) dot(codes, 0, x.codes(), from, RUN), weight, y);
      if (layout.hasMinimums()) {
        int sum = x.sums()[sums] + x.sums()[sums + 1];
        y = Math.fma((float) sum, PanelReader.minScale(data, base, layout, lane) * scale, y);
      }
      return y;
    }
    int width = layout.elements() / layout.subs();
    int total = 0;
    int minimums = 0;
    for (int s = 0; s < layout.subs(); s++) {
      int k = s * width;
      int part = dot(codes, k, x.codes(), from + k, width);
      total += part * PanelReader.sub(data, base, layout, lane, s);
      if (layout.hasMinimums()) {
        int sum = 0;
        for (int i = k / SUM_COLUMNS; i < (k + width) / SUM_COLUMNS; i++) {
          sum += x.sums()[sums + i];
        }
        minimums += sum * PanelReader.min(data, base, layout, lane, s);
      }
    }
    y = Math.fma((float) total, weight, y);
    if (layout.hasMinimums()) {
      y = Math.fma((float) minimums, -(PanelReader.minScale(data, base, layout, lane) * scale), y);
    }
    return y;
  }

  private static int dot(byte[] a, int aOffset, byte[] b, int bOffset, int n) {
    int sum = 0;
    for (int i = 0; i < n; i++) {
      sum += a[aOffset + i] * b[bOffset + i];
    }
    return sum;
  }
}
