package dev.switchboard.model.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.model.kernel.PackedMatrix.Format;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The Vector API twin gives the scalar kernels' bits, at sizes off the lane width. */
class KernelTwinsTest {
  private static final float[] SPECIAL = {
    Float.NaN,
    Float.POSITIVE_INFINITY,
    Float.NEGATIVE_INFINITY,
    -0f,
    Float.MIN_VALUE,
    -Float.MIN_NORMAL / 3,
    Float.MAX_VALUE,
    -87.3f,
    -87.30001f,
    88.7f,
    88.70001f,
    -103f,
    20f
  };

  private final KernelSet scalar = new ScalarKernels();
  private final KernelSet vector = new VectorKernels();
  private final Scratch scratch = new Scratch();
  private Noise noise = new Noise(1);

  @BeforeEach
  void restart() {
    noise = new Noise(1);
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16", "F16"})
  void products(Format format) {
    for (int n : new int[] {1, 63, 64, 65, 130}) {
      for (int k : new int[] {1, 17, 192}) {
        for (int rows : new int[] {1, 2, 3, 5, 6, 7, 8, 9, 13, 17}) {
          product(format, n, k, rows);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16", "F16"})
  void productsLongerThanABlockOfColumns(Format format) {
    product(format, 70, 1024, 7);
    product(format, 70, 1025, 7);
    product(format, 70, 1100, 17);
    product(format, 130, 2500, 3);
  }

  private void product(Format format, int n, int k, int rows) {
    PackedMatrix w = TestMatrices.pack(format, k, noise.floats(n * k, 1));
    float[] x = noise.floats(3 + rows * k, 2);
    float[] expected = noise.floats(5 + rows * n + 4, 1);
    float[] actual = expected.clone();
    scalar.matmul(w, 0, w.panels(), x, 3, w.columns(), rows, expected, 5, w.rows(), scratch);
    vector.matmul(w, 0, w.panels(), x, 3, w.columns(), rows, actual, 5, w.rows(), scratch);
    assertSame(actual, expected, format + " n " + n + " k " + k + " rows " + rows);
  }

  @Test
  void productsOfSomePanels() {
    PackedMatrix w = PackedMatrix.ofFloats(200, 9, noise.floats(1800, 1));
    float[] x = noise.floats(2 * 9, 1);
    float[] whole = new float[400];
    vector.matmul(w, 0, 4, x, 0, w.columns(), 2, whole, 0, w.rows(), scratch);
    float[] parts = new float[400];
    vector.matmul(w, 3, 1, x, 0, w.columns(), 2, parts, 192, w.rows(), scratch);
    vector.matmul(w, 0, 2, x, 0, w.columns(), 2, parts, 0, w.rows(), scratch);
    vector.matmul(w, 2, 1, x, 0, w.columns(), 2, parts, 128, w.rows(), scratch);
    assertSame(parts, whole, "by panels");
  }

  @Test
  void productsWithNonFiniteValues() {
    for (Format format : List.of(Format.F32, Format.BF16, Format.F16)) {
      float[] weights = noise.floats(70 * 20, 1);
      weights[33] = Float.NaN;
      weights[450] = Float.POSITIVE_INFINITY;
      weights[451] = Float.NEGATIVE_INFINITY;
      PackedMatrix w = TestMatrices.pack(format, 20, weights);
      float[] x = noise.floats(7 * 20, 1);
      x[0] = Float.POSITIVE_INFINITY;
      x[25] = 0f;
      float[] expected = new float[7 * 70];
      float[] actual = new float[7 * 70];
      scalar.matmul(w, 0, 2, x, 0, w.columns(), 7, expected, 0, w.rows(), scratch);
      vector.matmul(w, 0, 2, x, 0, w.columns(), 7, actual, 0, w.rows(), scratch);
      assertSame(actual, expected, format.toString());
    }
  }

  @ParameterizedTest
  @ValueSource(
      ints = {0, 1, 3, 4, 6, 8, 13, 15, 16, 17, 25, 31, 32, 33, 64, 100, 127, 192, 384, 902})
  void rows(int n) {
    // Three regions of an array of 3n + 40; in place means at the same offset.
    int a = 3;
    int b = n + 10;
    int c = 2 * n + 21;
    both("exp", n, 90, (set, x) -> set.exp(x, a, n));
    both("exp of special values", n, 1, (set, x) -> set.exp(special(x), 0, n));
    both("softplus", n, 90, (set, x) -> set.softplus(x, a, n));
    both("softplus of special values", n, 1, (set, x) -> set.softplus(special(x), 0, n));
    both("silu", n, 90, (set, x) -> set.siluTimes(x, a, x, b, x, c, n));
    both("silu in place", n, 90, (set, x) -> set.siluTimes(x, a, x, b, x, b, n));
    both("silu of special values", n, 1, (set, x) -> set.siluTimes(special(x), 0, x, b, x, c, n));
    both("add", n, 9, (set, x) -> set.add(x, a, x, b, n));
    both("add special values", n, 9, (set, x) -> set.add(special(x), a, x, b, n));
    both("multiply-add", n, 9, (set, x) -> set.multiplyAdd(0.37f, x, a, x, b, n));
    both("scale", n, 9, (set, x) -> set.scale(x, a, 0.37f, x, b, x, c, n));
    both("squares", n, 9, (set, x) -> x[0] = set.sumOfSquares(x, a, n, scratch));
    both("huge squares", n, 1e25f, (set, x) -> x[0] = set.sumOfSquares(x, a, n, scratch));
    both("tiny squares", n, 1e-22f, (set, x) -> x[0] = set.sumOfSquares(x, a, n, scratch));
    both("finite", n, 9, (set, x) -> x[0] = set.firstNonFinite(x, 3, n));
    both("not finite", n, 9, (set, x) -> x[0] = set.firstNonFinite(special(x), 0, n));
  }

  @Test
  void findsTheFirstNonFiniteValueWhereverItIs() {
    for (int at = 0; at < 70; at++) {
      float[] x = noise.floats(75, 1);
      x[2 + at] = at % 2 == 0 ? Float.NaN : Float.NEGATIVE_INFINITY;
      x[74] = Float.NaN;
      assertThat(vector.firstNonFinite(x, 2, 70)).isEqualTo(at);
      assertThat(scalar.firstNonFinite(x, 2, 70)).isEqualTo(at);
    }
  }

  @Test
  void convolutions() {
    for (int channels : new int[] {1, 5, 16, 33, 130}) {
      for (int kernel : new int[] {1, 2, 4, 7}) {
        float[] weight = noise.floats(kernel * channels, 1);
        float[] bias = noise.floats(channels, 1);
        both(
            "convolution",
            10 * channels,
            2,
            (set, x) ->
                set.convSilu(
                    x, 2, channels, weight, bias, kernel, x, 2 + kernel * channels + channels));
      }
    }
  }

  @Test
  void scans() {
    for (ScanShape shape :
        new ScanShape[] {
          new ScanShape(1, 16, 64, 1),
          new ScanShape(6, 64, 64, 1),
          new ScanShape(4, 24, 12, 2),
          new ScanShape(3, 5, 7, 3)
        }) {
      for (int tokens : new int[] {1, 2, 7}) {
        scan(shape, tokens);
      }
    }
  }

  private void scan(ScanShape shape, int tokens) {
    int width = shape.inner() + 2 * shape.groupWidth();
    int heads = shape.heads();
    float[] values = noise.floats(3 + tokens * (width + 2), 1);
    ScanInput in =
        new ScanInput(
            values,
            3,
            3 + shape.inner(),
            3 + shape.inner() + shape.groupWidth(),
            width + 2,
            noise.floats(tokens * heads, 1),
            noise.floats(tokens * heads, 1),
            noise.floats(heads, 1));
    float[] state = noise.floats(shape.stateFloats(), 1);
    float[] otherState = state.clone();
    float[] expected = new float[2 + tokens * shape.inner()];
    float[] actual = expected.clone();
    scalar.scan(shape, in, tokens, 0, shape.heads(), state, expected, 2);
    vector.scan(shape, in, tokens, 0, shape.heads(), otherState, actual, 2);
    assertSame(actual, expected, shape + " output");
    assertSame(otherState, state, shape + " state");
  }

  private void both(String what, int n, float scale, BiConsumer<KernelSet, float[]> kernel) {
    float[] expected = noise.floats(3 * n + 40, scale);
    float[] actual = expected.clone();
    kernel.accept(scalar, expected);
    kernel.accept(vector, actual);
    assertSame(actual, expected, what + " of " + n);
  }

  /** Sprinkles special values. */
  private static float[] special(float[] x) {
    for (int i = 0; i < x.length; i += 3) {
      x[i] = SPECIAL[i / 3 % SPECIAL.length];
    }
    return x;
  }

  /** Equal bits; any NaN equals any other. */
  private static void assertSame(float[] actual, float[] expected, String what) {
    if (!Arrays.equals(actual, expected)) {
      int at = Arrays.mismatch(actual, expected);
      assertThat(actual[at]).as(what + ", value " + at).isEqualTo(expected[at]);
    }
  }
}
