package dev.switchboard.model.kernel;

import static dev.switchboard.model.kernel.VectorShape.FLOATS;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * {@link ScalarMath}, a vector at a time, with the same bits. Calls the vector library alone: one
 * helper of our own more, and the compiler's budget for inlining ends in the middle of softplus.
 */
final class VectorMath {
  private VectorMath() {}

  static FloatVector exp(FloatVector x) {
    FloatVector shifted = x.fma(ScalarMath.LOG2_E, ScalarMath.ROUND);
    FloatVector n = shifted.sub(ScalarMath.ROUND);
    FloatVector r = n.fma(FloatVector.broadcast(FLOATS, -ScalarMath.LN2_HIGH), x);
    r = n.fma(FloatVector.broadcast(FLOATS, -ScalarMath.LN2_LOW), r);
    FloatVector p = r.fma(ScalarMath.E6, ScalarMath.E5);
    p = p.fma(r, FloatVector.broadcast(FLOATS, ScalarMath.E4));
    p = p.fma(r, FloatVector.broadcast(FLOATS, ScalarMath.E3));
    p = p.fma(r, FloatVector.broadcast(FLOATS, ScalarMath.E2));
    p = p.fma(r.mul(r), r).add(1f);
    FloatVector scaled =
        p.reinterpretAsInts()
            .add(shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23))
            .reinterpretAsFloats();
    return scaled
        .blend(0f, x.compare(VectorOperators.LT, ScalarMath.EXP_LOW))
        .blend(Float.POSITIVE_INFINITY, x.compare(VectorOperators.GT, ScalarMath.EXP_HIGH))
        .blend(x, x.test(VectorOperators.IS_NAN));
  }

  /** {@link #exp} of what is not above zero, or NaN. */
  static FloatVector expOfNegative(FloatVector x) {
    FloatVector shifted = x.fma(ScalarMath.LOG2_E, ScalarMath.ROUND);
    FloatVector n = shifted.sub(ScalarMath.ROUND);
    FloatVector r = n.fma(FloatVector.broadcast(FLOATS, -ScalarMath.LN2_HIGH), x);
    r = n.fma(FloatVector.broadcast(FLOATS, -ScalarMath.LN2_LOW), r);
    FloatVector p = r.fma(ScalarMath.E6, ScalarMath.E5);
    p = p.fma(r, FloatVector.broadcast(FLOATS, ScalarMath.E4));
    p = p.fma(r, FloatVector.broadcast(FLOATS, ScalarMath.E3));
    p = p.fma(r, FloatVector.broadcast(FLOATS, ScalarMath.E2));
    p = p.fma(r.mul(r), r).add(1f);
    FloatVector scaled =
        p.reinterpretAsInts()
            .add(shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23))
            .reinterpretAsFloats();
    return scaled
        .blend(0f, x.compare(VectorOperators.LT, ScalarMath.EXP_LOW))
        .blend(x, x.test(VectorOperators.IS_NAN));
  }

  static FloatVector silu(FloatVector x) {
    return x.div(exp(x.neg()).add(1f));
  }

  /** softplus(x) is max(x, 0) plus this of e^-|x|. */
  static FloatVector log1pOfUnit(FloatVector u) {
    FloatVector s = u.div(u.add(2f));
    FloatVector q = s.mul(s);
    FloatVector p = q.fma(ScalarMath.L15, ScalarMath.L13);
    p = p.fma(q, FloatVector.broadcast(FLOATS, ScalarMath.L11));
    p = p.fma(q, FloatVector.broadcast(FLOATS, ScalarMath.L9));
    p = p.fma(q, FloatVector.broadcast(FLOATS, ScalarMath.L7));
    p = p.fma(q, FloatVector.broadcast(FLOATS, ScalarMath.L5));
    p = p.fma(q, FloatVector.broadcast(FLOATS, ScalarMath.L3));
    FloatVector twice = s.add(s);
    return p.mul(q).fma(twice, twice);
  }
}
