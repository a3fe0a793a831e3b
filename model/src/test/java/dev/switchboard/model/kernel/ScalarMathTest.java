package dev.switchboard.model.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

/** Our own functions against the JDK's in double precision, and at their edges. */
class ScalarMathTest {
  private interface FloatFunction {
    float apply(float x);
  }

  /** Largest relative error over a range, at a million points. */
  private static double worst(FloatFunction ours, DoubleUnaryOperator exact, float from, float to) {
    double worst = 0;
    int points = 1_000_000;
    for (int i = 0; i <= points; i++) {
      float x = (float) (from + (to - (double) from) * i / points);
      double expected = exact.applyAsDouble(x);
      worst = Math.max(worst, Math.abs(ours.apply(x) - expected) / Math.abs(expected));
    }
    return worst;
  }

  @Test
  void expIsAccurate() {
    assertThat(worst(ScalarMath::exp, Math::exp, -87.3f, 88.7f)).isLessThan(1.2e-7);
    assertThat(worst(ScalarMath::exp, Math::exp, -1f, 1f)).isLessThan(1.2e-7);
  }

  @Test
  void expHasEdges() {
    assertThat(ScalarMath.exp(0f)).isEqualTo(1f);
    assertThat(ScalarMath.exp(-0f)).isEqualTo(1f);
    assertThat(ScalarMath.exp(-87.3f)).isGreaterThanOrEqualTo(Float.MIN_NORMAL);
    assertThat(Float.floatToRawIntBits(ScalarMath.exp(Math.nextDown(-87.3f)))).isZero();
    assertThat(Float.floatToRawIntBits(ScalarMath.exp(Float.NEGATIVE_INFINITY))).isZero();
    assertThat(ScalarMath.exp(88.7f)).isLessThan(Float.POSITIVE_INFINITY);
    assertThat(ScalarMath.exp(Math.nextUp(88.7f))).isEqualTo(Float.POSITIVE_INFINITY);
    assertThat(ScalarMath.exp(Float.POSITIVE_INFINITY)).isEqualTo(Float.POSITIVE_INFINITY);
    assertThat(ScalarMath.exp(Float.MAX_VALUE)).isEqualTo(Float.POSITIVE_INFINITY);
    assertThat(ScalarMath.exp(Float.NaN)).isNaN();
    assertThat(ScalarMath.exp(Float.intBitsToFloat(0xffffffff))).isNaN();
  }

  @Test
  void siluIsAccurateAndHasEdges() {
    assertThat(worst(ScalarMath::silu, x -> x / (1 + Math.exp(-x)), -80f, -0.01f)).isLessThan(3e-7);
    assertThat(worst(ScalarMath::silu, x -> x / (1 + Math.exp(-x)), 0.01f, 80f)).isLessThan(3e-7);
    assertThat(ScalarMath.silu(-100f)).isZero();
    assertThat(ScalarMath.silu(100f)).isEqualTo(100f);
    assertThat(ScalarMath.silu(Float.NaN)).isNaN();
  }

  @Test
  void softplusIsAccurateAndHasEdges() {
    assertThat(worst(ScalarMath::softplus, x -> Math.log1p(Math.exp(x)), -87f, 88f))
        .isLessThan(3e-7);
    assertThat(worst(ScalarMath::log1pOfUnit, Math::log1p, 1e-6f, 1f)).isLessThan(3e-7);
    assertThat(ScalarMath.softplus(-200f)).isZero();
    assertThat(ScalarMath.softplus(200f)).isEqualTo(200f);
    assertThat(ScalarMath.softplus(Float.POSITIVE_INFINITY)).isEqualTo(Float.POSITIVE_INFINITY);
    assertThat(ScalarMath.softplus(Float.NaN)).isNaN();
  }
}
