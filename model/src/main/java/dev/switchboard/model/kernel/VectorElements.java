package dev.switchboard.model.kernel;

import static dev.switchboard.model.kernel.VectorShape.FLOATS;
import static dev.switchboard.model.kernel.VectorShape.LANES;

import jdk.incubator.vector.FloatVector;

/** Vector API twin of {@link ScalarElements}, which finishes what does not fill a vector. */
final class VectorElements implements ElementSet {
  private final ScalarElements scalar = new ScalarElements();

  @Override
  public void sigmoid(float[] x, int offset, int n) {
    int i = offset;
    int end = offset + n;
    FloatVector one = FloatVector.broadcast(FLOATS, 1f);
    for (; i <= end - LANES; i += LANES) {
      FloatVector v = FloatVector.fromArray(FLOATS, x, i);
      one.div(VectorMath.exp(v.neg()).add(1f)).intoArray(x, i);
    }
    scalar.sigmoid(x, i, end - i);
  }

  @Override
  public void silu(float[] x, int offset, int n) {
    int i = offset;
    int end = offset + n;
    for (; i <= end - LANES; i += LANES) {
      VectorMath.silu(FloatVector.fromArray(FLOATS, x, i)).intoArray(x, i);
    }
    scalar.silu(x, i, end - i);
  }

  @Override
  public void gelu(float[] x, int offset, int n) {
    int i = offset;
    int end = offset + n;
    for (; i <= end - LANES; i += LANES) {
      FloatVector v = FloatVector.fromArray(FLOATS, x, i);
      FloatVector slope = v.mul(v).fma(ScalarMath.GELU_CUBIC, ScalarMath.GELU_LINEAR).mul(v);
      v.div(VectorMath.exp(slope.neg()).add(1f)).intoArray(x, i);
    }
    scalar.gelu(x, i, end - i);
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  @Override
  public void geluTimes(
      float[] gate, int gateOffset, float[] x, int xOffset, float[] out, int outOffset, int n) {
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      FloatVector v = FloatVector.fromArray(FLOATS, gate, gateOffset + i);
      FloatVector slope = v.mul(v).fma(ScalarMath.GELU_CUBIC, ScalarMath.GELU_LINEAR).mul(v);
      v.div(VectorMath.exp(slope.neg()).add(1f))
          .mul(FloatVector.fromArray(FLOATS, x, xOffset + i))
          .intoArray(out, outOffset + i);
    }
    scalar.geluTimes(gate, gateOffset + i, x, xOffset + i, out, outOffset + i, n - i);
  }

  @Override
  public void reluSquared(float[] x, int offset, int n) {
    int i = offset;
    int end = offset + n;
    for (; i <= end - LANES; i += LANES) {
      FloatVector v = FloatVector.fromArray(FLOATS, x, i).max(0f);
      v.mul(v).intoArray(x, i);
    }
    scalar.reluSquared(x, i, end - i);
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  @Override
  public void clampedSwiglu(
      float[] gate,
      int gateOffset,
      float[] up,
      int upOffset,
      float limit,
      float alpha,
      float[] out,
      int outOffset,
      int n) {
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      FloatVector g = FloatVector.fromArray(FLOATS, gate, gateOffset + i).min(limit);
      FloatVector u = FloatVector.fromArray(FLOATS, up, upOffset + i).min(limit).max(-limit);
      g.div(VectorMath.exp(g.mul(-alpha)).add(1f)).mul(u.add(1f)).intoArray(out, outOffset + i);
    }
    scalar.clampedSwiglu(
        gate, gateOffset + i, up, upOffset + i, limit, alpha, out, outOffset + i, n - i);
  }

  @Override
  public void multiply(float[] x, int offset, float factor, int n) {
    int i = offset;
    int end = offset + n;
    for (; i <= end - LANES; i += LANES) {
      FloatVector.fromArray(FLOATS, x, i).mul(factor).intoArray(x, i);
    }
    scalar.multiply(x, i, factor, end - i);
  }

  @Override
  public void clamp(float[] x, int offset, float bound, int n) {
    int i = offset;
    int end = offset + n;
    for (; i <= end - LANES; i += LANES) {
      FloatVector.fromArray(FLOATS, x, i).min(bound).max(-bound).intoArray(x, i);
    }
    scalar.clamp(x, i, bound, end - i);
  }
}
