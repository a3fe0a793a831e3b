package dev.switchboard.model.kernel;

import static dev.switchboard.model.kernel.VectorShape.FLOATS;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** {@link ScalarMath}, a vector at a time, with the same bits. */
final class VectorMath {
  private VectorMath() {}

  static FloatVector exp(FloatVector x) {
    FloatVector shifted = x.fma(ScalarMath.LOG2_E, ScalarMath.ROUND);
    FloatVector n = shifted.sub(ScalarMath.ROUND);
    FloatVector r = n.fma(broadcast(-ScalarMath.LN2_HIGH), x);
    r = n.fma(broadcast(-ScalarMath.LN2_LOW), r);
    FloatVector p = r.fma(ScalarMath.E6, ScalarMath.E5);
    p = p.fma(r, broadcast(ScalarMath.E4));
    p = p.fma(r, broadcast(ScalarMath.E3));
    p = p.fma(r, broadcast(ScalarMath.E2));
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

  static FloatVector silu(FloatVector x) {
    return x.div(exp(x.neg()).add(1f));
  }

  static FloatVector softplus(FloatVector x) {
    return x.max(0f).add(log1pOfUnit(exp(x.abs().neg())));
  }

  private static FloatVector log1pOfUnit(FloatVector u) {
    FloatVector s = u.div(u.add(2f));
    FloatVector q = s.mul(s);
    FloatVector p = q.fma(ScalarMath.L15, ScalarMath.L13);
    p = p.fma(q, broadcast(ScalarMath.L11));
    p = p.fma(q, broadcast(ScalarMath.L9));
    p = p.fma(q, broadcast(ScalarMath.L7));
    p = p.fma(q, broadcast(ScalarMath.L5));
    p = p.fma(q, broadcast(ScalarMath.L3));
    FloatVector twice = s.add(s);
    return p.mul(q).fma(twice, twice);
  }

  private static FloatVector broadcast(float value) {
    return FloatVector.broadcast(FLOATS, value);
  }
}
