package dev.switchboard.model.kernel;

import static dev.switchboard.model.kernel.VectorShape.FLOATS;
import static dev.switchboard.model.kernel.VectorShape.LANES;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Vector API twin of {@link ScalarKernels}. What does not fill a vector at the end of a row goes
 * through the scalar form, which gives the same bits.
 */
final class VectorKernels implements KernelSet {
  private static final int EXPONENT = 0x7f800000;

  @Override
  public String describe() {
    return "vector " + FLOATS.vectorBitSize() + "-bit";
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
    VectorMatmul.run(
        w, firstPanel, panels, x, xOffset, xStride, rows, y, yOffset, yStride, scratch);
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
      VectorQuantise.quantise(x, xOffset + r * xStride, out, firstRow + r, firstBlock, blocks);
    }
  }

  @Override
  public void prepare(PackedMatrix w, ActivationCodes x) {
    VectorCodes.prepare(x);
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
    VectorCodes.matmul(w, firstPanel, panels, x, firstRow, rows, y, yOffset, yStride, scratch);
  }

  @Override
  public float sumOfSquares(float[] x, int offset, int n, Scratch scratch) {
    float[] lanes = scratch.lanes;
    Arrays.fill(lanes, 0f);
    int whole = n - n % VIRTUAL_LANES;
    for (int lane = 0; lane < VIRTUAL_LANES; lane += LANES) {
      FloatVector sum = FloatVector.zero(FLOATS);
      for (int i = lane; i < whole; i += VIRTUAL_LANES) {
        FloatVector v = FloatVector.fromArray(FLOATS, x, offset + i);
        sum = v.fma(v, sum);
      }
      sum.intoArray(lanes, lane);
    }
    return ScalarKernels.finishSumOfSquares(x, offset, whole, n, lanes);
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
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      FloatVector.fromArray(FLOATS, x, xOffset + i)
          .mul(scale)
          .mul(FloatVector.fromArray(FLOATS, weight, weightOffset + i))
          .intoArray(out, outOffset + i);
    }
    for (; i < n; i++) {
      out[outOffset + i] = x[xOffset + i] * scale * weight[weightOffset + i];
    }
  }

  @Override
  public void add(float[] y, int yOffset, float[] x, int xOffset, int n) {
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      FloatVector.fromArray(FLOATS, y, yOffset + i)
          .add(FloatVector.fromArray(FLOATS, x, xOffset + i))
          .intoArray(y, yOffset + i);
    }
    for (; i < n; i++) {
      y[yOffset + i] += x[xOffset + i];
    }
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  @Override
  public void multiplyAdd(float weight, float[] x, int xOffset, float[] y, int yOffset, int n) {
    FloatVector factor = FloatVector.broadcast(FLOATS, weight);
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      factor
          .fma(
              FloatVector.fromArray(FLOATS, x, xOffset + i),
              FloatVector.fromArray(FLOATS, y, yOffset + i))
          .intoArray(y, yOffset + i);
    }
    for (; i < n; i++) {
      y[yOffset + i] = Math.fma(weight, x[xOffset + i], y[yOffset + i]);
    }
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  @Override
  public void siluTimes(
      float[] gate, int gateOffset, float[] x, int xOffset, float[] out, int outOffset, int n) {
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      VectorMath.silu(FloatVector.fromArray(FLOATS, gate, gateOffset + i))
          .mul(FloatVector.fromArray(FLOATS, x, xOffset + i))
          .intoArray(out, outOffset + i);
    }
    for (; i < n; i++) {
      out[outOffset + i] = ScalarMath.silu(gate[gateOffset + i]) * x[xOffset + i];
    }
  }

  @Override
  public void exp(float[] x, int offset, int n) {
    int i = offset;
    int end = offset + n;
    for (; i <= end - LANES; i += LANES) {
      VectorMath.exp(FloatVector.fromArray(FLOATS, x, i)).intoArray(x, i);
    }
    for (; i < end; i++) {
      x[i] = ScalarMath.exp(x[i]);
    }
  }

  @Override
  public void softplus(float[] x, int offset, int n) {
    int i = offset;
    int end = offset + n;
    for (; i <= end - LANES; i += LANES) {
      FloatVector v = FloatVector.fromArray(FLOATS, x, i);
      // Two helpers, not one that calls both: the third level is no longer inlined, and boxes.
      v.max(0f).add(VectorMath.log1pOfUnit(VectorMath.exp(v.abs().neg()))).intoArray(x, i);
    }
    for (; i < end; i++) {
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
    int channels = bias.length;
    int c = 0;
    for (; c <= channels - LANES; c += LANES) {
      FloatVector sum = FloatVector.zero(FLOATS);
      for (int k = 0; k < kernel; k++) {
        sum =
            FloatVector.fromArray(FLOATS, window, windowOffset + k * windowStride + c)
                .fma(FloatVector.fromArray(FLOATS, weight, k * channels + c), sum);
      }
      VectorMath.silu(sum.add(FloatVector.fromArray(FLOATS, bias, c)))
          .intoArray(out, outOffset + c);
    }
    ScalarKernels.convSilu(
        window, windowOffset, windowStride, weight, bias, kernel, out, outOffset, c);
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
    VectorScan.scan(shape, in, tokens, firstHead, heads, state, y, yOffset);
  }

  @Override
  public int firstNonFinite(float[] x, int offset, int n) {
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      IntVector bits = FloatVector.fromArray(FLOATS, x, offset + i).reinterpretAsInts();
      if (bits.and(EXPONENT).compare(VectorOperators.EQ, EXPONENT).anyTrue()) {
        break;
      }
    }
    for (; i < n; i++) {
      if (!Float.isFinite(x[offset + i])) {
        return i;
      }
    }
    return -1;
  }
}
