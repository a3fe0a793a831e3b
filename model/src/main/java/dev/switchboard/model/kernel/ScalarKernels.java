package dev.switchboard.model.kernel;

import java.util.Arrays;

/** Plain Java: what every other implementation is tested against, and what runs where none can. */
final class ScalarKernels implements KernelSet {
  private static final int PANEL = PackedMatrix.PANEL;

  @Override
  public String describe() {
    return "scalar";
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  @Override
  public void matmul(
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
    float[] weights = scratch.tile;
    for (int panel = firstPanel; panel < firstPanel + panels; panel++) {
      int width = w.width(panel);
      int first = yOffset + (panel - firstPanel) * PANEL;
      for (int r = 0; r < rows; r++) {
        Arrays.fill(y, first + r * yStride, first + r * yStride + width, 0f);
      }
      for (int k = 0; k < w.columns(); k += Scratch.TILE_COLUMNS) {
        int depth = Math.min(Scratch.TILE_COLUMNS, w.columns() - k);
        for (int lane = 0; lane < width; lane++) {
          PanelReader.widen(w, panel, lane, k, depth, weights, lane, PANEL);
        }
        for (int i = 0; i < depth; i++) {
          for (int r = 0; r < rows; r++) {
            float value = x[xOffset + r * xStride + k + i];
            multiplyAdd(value, weights, i * PANEL, y, first + r * yStride, width);
          }
        }
      }
    }
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  @Override
  public void quantise(
      float[] x,
      int xOffset,
      int xStride,
      ActivationCodes out,
      int firstRow,
      int rows,
      int firstBlock,
      int blocks) {
    for (int r = 0; r < rows; r++) {
      ScalarCodes.quantise(x, xOffset + r * xStride, out, firstRow + r, firstBlock, blocks);
    }
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  @Override
  public void matmul(
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
    ScalarCodes.matmul(
        w, firstPanel, panels, x, firstRow, rows, y, yOffset, yStride, scratch.blockCodes);
  }

  @Override
  public float sumOfSquares(float[] x, int offset, int n, Scratch scratch) {
    float[] lanes = scratch.lanes;
    Arrays.fill(lanes, 0f);
    return finishSumOfSquares(x, offset, 0, n, lanes);
  }

  /** Adds elements {@code from} (a multiple of 16) to {@code n}, then the partials, by the tree. */
  static float finishSumOfSquares(float[] x, int offset, int from, int n, float[] lanes) {
    for (int i = from; i < n; i++) {
      float v = x[offset + i];
      lanes[i % VIRTUAL_LANES] = Math.fma(v, v, lanes[i % VIRTUAL_LANES]);
    }
    return tree(lanes);
  }

  /** Adds 16 partials: i and i + 8, then 4, 2 and 1 apart. Overwrites them. */
  static float tree(float[] lanes) {
    for (int half = VIRTUAL_LANES / 2; half > 0; half /= 2) {
      for (int i = 0; i < half; i++) {
        lanes[i] += lanes[i + half];
      }
    }
    return lanes[0];
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  @Override
  public void scale(
      float[] x,
      int xOffset,
      float scale,
      float[] weight,
      int weightOffset,
      float[] out,
      int outOffset,
      int n) {
    for (int i = 0; i < n; i++) {
      out[outOffset + i] = x[xOffset + i] * scale * weight[weightOffset + i];
    }
  }

  @Override
  public void add(float[] y, int yOffset, float[] x, int xOffset, int n) {
    for (int i = 0; i < n; i++) {
      y[yOffset + i] += x[xOffset + i];
    }
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  @Override
  public void multiplyAdd(float weight, float[] x, int xOffset, float[] y, int yOffset, int n) {
    for (int i = 0; i < n; i++) {
      y[yOffset + i] = Math.fma(weight, x[xOffset + i], y[yOffset + i]);
    }
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  @Override
  public void siluTimes(
      float[] gate, int gateOffset, float[] x, int xOffset, float[] out, int outOffset, int n) {
    for (int i = 0; i < n; i++) {
      out[outOffset + i] = ScalarMath.silu(gate[gateOffset + i]) * x[xOffset + i];
    }
  }

  @Override
  public void exp(float[] x, int offset, int n) {
    for (int i = offset; i < offset + n; i++) {
      x[i] = ScalarMath.exp(x[i]);
    }
  }

  @Override
  public void softplus(float[] x, int offset, int n) {
    for (int i = offset; i < offset + n; i++) {
      x[i] = ScalarMath.softplus(x[i]);
    }
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  @Override
  public void convSilu(
      float[] window,
      int windowOffset,
      int windowStride,
      float[] weight,
      float[] bias,
      int kernel,
      float[] out,
      int outOffset) {
    convSilu(window, windowOffset, windowStride, weight, bias, kernel, out, outOffset, 0);
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  static void convSilu(
      float[] window,
      int windowOffset,
      int windowStride,
      float[] weight,
      float[] bias,
      int kernel,
      float[] out,
      int outOffset,
      int firstChannel) {
    int channels = bias.length;
    for (int c = firstChannel; c < channels; c++) {
      float sum = 0f;
      for (int k = 0; k < kernel; k++) {
        sum = Math.fma(window[windowOffset + k * windowStride + c], weight[k * channels + c], sum);
      }
      out[outOffset + c] = ScalarMath.silu(sum + bias[c]);
    }
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  @Override
  public void scan(
      ScanShape shape,
      ScanInput in,
      int tokens,
      int firstHead,
      int heads,
      float[] state,
      float[] y,
      int yOffset) {
    for (int head = firstHead; head < firstHead + heads; head++) {
      for (int tile = 0; tile < shape.tiles(); tile++) {
        scanTile(shape, in, tokens, state, y, yOffset, head, tile);
      }
    }
  }

  /** All tokens of (up to) 16 channels of one head. */
  // size: arrays and offsets instead of views, nothing is allocated per call
  static void scanTile(
      ScanShape shape,
      ScanInput in,
      int tokens,
      float[] state,
      float[] y,
      int yOffset,
      int head,
      int tile) {
    int first = tile * ScanShape.TILE;
    int channels = Math.min(ScanShape.TILE, shape.headDim() - first);
    for (int t = 0; t < tokens; t++) {
      for (int c = 0; c < channels; c++) {
        scanChannel(shape, in, t, state, y, yOffset, head, first + c);
      }
    }
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  private static void scanChannel(
      ScanShape shape,
      ScanInput in,
      int t,
      float[] state,
      float[] y,
      int yOffset,
      int head,
      int channel) {
    int group = head / (shape.heads() / shape.groups()) * shape.stateSize();
    int row = t * in.stride();
    float x = in.values()[row + in.xOffset() + head * shape.headDim() + channel];
    float step = in.stepSizes()[t * shape.heads() + head] * x;
    float decay = in.decays()[t * shape.heads() + head];
    float sum = 0f;
    for (int n = 0; n < shape.stateSize(); n++) {
      int at = shape.stateIndex(head, channel, n);
      float h = Math.fma(decay, state[at], step * in.values()[row + in.bOffset() + group + n]);
      state[at] = h;
      sum = Math.fma(h, in.values()[row + in.cOffset() + group + n], sum);
    }
    y[yOffset + t * shape.inner() + head * shape.headDim() + channel] =
        Math.fma(in.skip()[head], x, sum);
  }

  @Override
  public int firstNonFinite(float[] x, int offset, int n) {
    for (int i = 0; i < n; i++) {
      if (!Float.isFinite(x[offset + i])) {
        return i;
      }
    }
    return -1;
  }
}
