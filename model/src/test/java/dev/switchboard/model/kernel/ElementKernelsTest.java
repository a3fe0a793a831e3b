package dev.switchboard.model.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.function.BiConsumer;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Element-wise functions: twins alike bit by bit, and near what double precision says. */
class ElementKernelsTest {
  private static final float[] SPECIAL = {
    Float.NaN,
    Float.POSITIVE_INFINITY,
    Float.NEGATIVE_INFINITY,
    -0f,
    0f,
    Float.MIN_VALUE,
    -Float.MIN_NORMAL / 3,
    Float.MAX_VALUE,
    -Float.MAX_VALUE,
    -87.4f,
    88.8f,
    7f,
    -7f,
    1e-5f
  };

  private final ElementSet scalar = new ScalarElements();
  private final ElementSet vector = new VectorElements();
  private final Noise noise = new Noise(4);

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3, 4, 7, 8, 15, 16, 17, 31, 33, 64, 100})
  void twinsGiveTheSameBits(int n) {
    int b = n + 5;
    int c = 2 * n + 9;
    both("sigmoid", n, (set, x) -> set.sigmoid(x, 3, n));
    both("silu", n, (set, x) -> set.silu(x, 3, n));
    both("gelu", n, (set, x) -> set.gelu(x, 3, n));
    both("gelu times", n, (set, x) -> set.geluTimes(x, 3, x, b, x, c, n));
    both("gelu times in place", n, (set, x) -> set.geluTimes(x, 3, x, b, x, b, n));
    both("relu squared", n, (set, x) -> set.reluSquared(x, 3, n));
    both("swiglu", n, (set, x) -> set.clampedSwiglu(x, 3, x, b, 7f, 1.702f, x, c, n));
    both("multiply", n, (set, x) -> set.multiply(x, 3, 0.37f, n));
    both("clamp", n, (set, x) -> set.clamp(x, 3, 2.5f, n));
  }

  private void both(String what, int n, BiConsumer<ElementSet, float[]> kernel) {
    for (boolean special : new boolean[] {false, true}) {
      float[] expected = noise.floats(3 * n + 40, 30);
      for (int i = 0; special && i < expected.length; i += 3) {
        expected[i] = SPECIAL[i / 3 % SPECIAL.length];
      }
      float[] actual = expected.clone();
      kernel.accept(scalar, expected);
      kernel.accept(vector, actual);
      int at = Arrays.mismatch(actual, expected);
      assertThat(at).as(what + " of " + n + ": first value that differs").isEqualTo(-1);
    }
  }

  @Test
  void areAccurate() {
    near(x -> 1 / (1 + Math.exp(-x)), ElementKernels::sigmoid, -80, 80);
    near(x -> x / (1 + Math.exp(-x)), ElementKernels::silu, -80, 80);
    near(ElementKernelsTest::geluOfTanh, ElementKernels::gelu, -3, 10);
    near(x -> x > 0 ? x * x : 0, ElementKernels::reluSquared, -5, 5);
  }

  private static double geluOfTanh(double x) {
    return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
  }

  private interface InPlace {
    void apply(float[] x, int offset, int n);
  }

  private static void near(DoubleUnaryOperator exact, InPlace ours, float from, float to) {
    int n = 200_001;
    float[] x = new float[n];
    for (int i = 0; i < n; i++) {
      x[i] = from + (to - from) * i / (n - 1);
    }
    float[] y = x.clone();
    ours.apply(y, 0, n);
    for (int i = 0; i < n; i++) {
      double expected = exact.applyAsDouble(x[i]);
      double error = Math.abs(y[i] - expected);
      assertThat(error).as("at " + x[i]).isLessThanOrEqualTo(1e-6 * Math.abs(expected) + 1e-12);
    }
  }

  @Test
  void clampedSwigluFollowsItsFormula() {
    float[] gate = {-9f, -1f, 0.5f, 3f, 8f, 8f};
    float[] up = {2f, -8f, 0.25f, -1f, 9f, -9f};
    float[] out = new float[6];
    ElementKernels.clampedSwiglu(gate, 0, up, 0, 7f, 1.702f, out, 0, 6);
    for (int i = 0; i < 6; i++) {
      double g = Math.min(gate[i], 7);
      double u = Math.max(-7, Math.min(7, up[i]));
      assertThat((double) out[i])
          .isCloseTo(
              g / (1 + Math.exp(-1.702 * g)) * (u + 1), org.assertj.core.data.Offset.offset(2e-6));
    }
  }

  @Test
  void biasesGoToEveryRow() {
    float[] x = {9, 1, 2, 3, 4, 9};
    ElementKernels.addBias(x, 1, 2, new float[] {10, 20});
    assertThat(x).containsExactly(9, 11, 22, 13, 24, 9);
    assertThatThrownBy(() -> ElementKernels.addBias(x, 1, 3, new float[2]))
        .hasMessage("addBias: x [6] at offset 1 does not lie in an array of 6");
    assertThatThrownBy(() -> ElementKernels.gelu(x, -1, 2)).hasMessageContaining("offset -1");
  }
}
