package dev.switchboard.model.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.model.checkpoint.DType;
import dev.switchboard.model.checkpoint.Widen;
import dev.switchboard.model.kernel.PackedMatrix.Format;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** Block types: packing loses nothing, products with codes are what they are defined to be. */
class BlockTypesTest {
  private final Noise noise = new Noise(7);
  private final Scratch scratch = new Scratch();

  @ParameterizedTest
  @EnumSource(
      mode = Mode.EXCLUDE,
      names = {"F32", "BF16", "F16", "F8_E4M3"})
  void rowsComeBackAsGgufWidensThem(Format format) {
    int columns = 768;
    byte[] bytes = TestMatrices.randomBlocks(format, 70, columns, 2f, noise);
    PackedMatrix w = TestMatrices.pack(format, columns, bytes);
    float[] expected = GgufReference.widen(format, bytes, 70 * columns);
    float[] row = new float[columns];
    for (int r = 0; r < 70; r++) {
      Kernels.row(w, r, row, 0);
      assertThat(row)
          .as("row " + r)
          .isEqualTo(Arrays.copyOfRange(expected, r * columns, (r + 1) * columns));
    }
    long file = bytes.length / 70L * 128;
    assertThat(w.packedBytes()).isBetween(file, file * 104 / 100);
  }

  /** A product is the sum of what its codes stand for, but for the rounding of a few F32 sums. */
  @ParameterizedTest
  @EnumSource(
      mode = Mode.EXCLUDE,
      names = {"F32", "BF16", "F16", "F8_E4M3"})
  void productsAreSumsOfWidenedWeightsTimesWidenedActivations(Format format) {
    int columns = 1024;
    int rows = 67;
    byte[] bytes = TestMatrices.randomBlocks(format, rows, columns, 0.01f, noise);
    PackedMatrix w = TestMatrices.pack(format, columns, bytes).withCodedActivations();
    float[] weights = GgufReference.widen(format, bytes, rows * columns);
    ActivationCodes x = new ActivationCodes();
    Kernels.quantise(noise.floats(3 * columns, 3f), 0, 3, columns, w.activationBlock(), x);
    float[] y = new float[3 * rows];
    Kernels.matmul(w, x, y, 0, scratch);
    for (int i = 0; i < y.length; i++) {
      double sum = 0;
      double size = 0;
      for (int k = 0; k < columns; k++) {
        int at = i / rows * columns + k;
        double term = (double) weights[i % rows * columns + k] * x.codes()[at];
        sum += term * x.scales()[at / x.block()];
        size += Math.abs(term * x.scales()[at / x.block()]);
      }
      assertThat((double) y[i]).isCloseTo(sum, org.assertj.core.data.Offset.offset(size * 1e-6));
    }
  }

  /** The checkpoint's widening and the packed matrix's agree, bit for bit. */
  @ParameterizedTest
  @EnumSource(
      mode = Mode.EXCLUDE,
      names = {"F32", "BF16", "F16", "F8_E4M3"})
  void rowsComeBackAsTheCheckpointWidensThem(Format format) {
    byte[] bytes = TestMatrices.randomBlocks(format, 1, 2048, 2f, noise);
    float[] expected = new float[2048];
    MemorySegment data = MemorySegment.ofArray(bytes);
    Widen.row(DType.valueOf(format.name()), data, 0, expected, 0, 2048);
    float[] row = new float[2048];
    Kernels.row(TestMatrices.pack(format, 2048, bytes), 0, row, 0);
    assertThat(row).isEqualTo(expected);
  }

  @ParameterizedTest
  @EnumSource(
      mode = Mode.EXCLUDE,
      names = {"F32", "BF16", "F16", "F8_E4M3"})
  void oneRowAndManyGiveTheSameBits(Format format) {
    int n = 130;
    int k = 768;
    byte[] bytes = TestMatrices.randomBlocks(format, n, k, 1f, noise);
    PackedMatrix w = TestMatrices.pack(format, k, bytes).withCodedActivations();
    float[] x = noise.floats(64 * k, 1f);
    float[] one = new float[64 * n];
    for (int r = 0; r < 64; r++) {
      Kernels.matmul(w, x, r * k, 1, one, r * n, scratch);
    }
    for (int rows : new int[] {2, 3, 17, 24, 64}) {
      float[] many = new float[rows * n];
      Kernels.matmul(w, x, 0, rows, many, 0, scratch);
      assertThat(many).as("rows " + rows).isEqualTo(Arrays.copyOf(one, rows * n));
    }
  }

  @Test
  void activationsBecomeCodes() {
    float[] x = new float[64];
    x[0] = -2f;
    x[1] = 1f;
    x[2] = 1.5f / 127f * 2f;
    x[3] = 2.5f / 127f * 2f;
    ActivationCodes codes = new ActivationCodes();
    Kernels.quantise(x, 0, 1, 64, 32, codes);
    assertThat(Arrays.copyOf(codes.codes(), 5)).containsExactly(-127, 64, 2, 2, 0);
    assertThat(codes.scales()[0]).isEqualTo(2f / 127f);
    assertThat(codes.scales()[1]).isZero();
  }

  @Test
  void aTinyBlockIsZeroAndANonFiniteOneSpoilsItsRowOnly() {
    byte[] bytes = TestMatrices.randomBlocks(Format.Q8_0, 5, 64, 1f, noise);
    PackedMatrix w = TestMatrices.pack(Format.Q8_0, 64, bytes).withCodedActivations();
    float[] x = noise.floats(3 * 64, 1f);
    Arrays.fill(x, 0, 64, Math.nextDown(0x1p-100f));
    x[64 + 40] = Float.NEGATIVE_INFINITY;
    float[] y = new float[15];
    Kernels.matmul(w, x, 0, 3, y, 0, scratch);
    assertThat(Arrays.copyOf(y, 5)).containsOnly(0f);
    assertThat(Arrays.copyOfRange(y, 5, 10)).containsOnly(Float.NaN);
    float[] alone = new float[5];
    Kernels.matmul(w, x, 128, 1, alone, 0, scratch);
    assertThat(Arrays.copyOfRange(y, 10, 15)).isEqualTo(alone);
    assertThat(Kernels.firstNonFinite(alone, 0, 5)).isEqualTo(-1);
  }

  @Test
  void codesFromElsewhereAreChecked() {
    ActivationCodes codes = new ActivationCodes();
    codes.resize(2, 64, 32);
    codes.received();
    codes.codes()[70] = -128;
    assertThatThrownBy(codes::received)
        .hasMessage("code -128 in row 1, column 6; expected -127 to 127");
    codes.codes()[70] = 0;
    codes.scales()[3] = -1f;
    assertThatThrownBy(codes::received).hasMessageContaining("scale -1.0 in row 1");
    assertThatThrownBy(() -> codes.resize(1, 100, 32)).hasMessageContaining("[1, 100]");
    assertThatThrownBy(() -> codes.resize(1, 64, 64)).hasMessageContaining("blocks of 64");
  }

  @Test
  void gatheredRowsAreThoseRows() {
    ActivationCodes all = new ActivationCodes();
    Kernels.quantise(noise.floats(4 * 256, 1f), 0, 4, 256, 256, all);
    ActivationCodes some = new ActivationCodes();
    some.gather(all, new int[] {9, 3, 1}, 1, 2);
    assertThat(some.rows()).isEqualTo(2);
    assertThat(Arrays.copyOf(some.codes(), 256))
        .isEqualTo(Arrays.copyOfRange(all.codes(), 768, 1024));
    assertThat(some.scales()[1]).isEqualTo(all.scales()[1]);
    assertThatThrownBy(() -> some.gather(all, new int[] {4}, 0, 1)).hasMessageContaining("row 4");
  }

  @Test
  void matricesSayWhatTheyTake() {
    byte[] bytes = TestMatrices.randomBlocks(Format.Q6_K, 2, 256, 1f, noise);
    PackedMatrix w = TestMatrices.pack(Format.Q6_K, 256, bytes);
    assertThat(w.activationBlock()).isEqualTo(256);
    assertThat(w.withFloatActivations().activationBlock()).isZero();
    assertThat(w.withFloatActivations().withCodedActivations().activationBlock()).isEqualTo(256);
    ActivationCodes codes = new ActivationCodes();
    codes.resize(1, 256, 32);
    assertThatThrownBy(() -> Kernels.matmul(w, codes, new float[2], 0, scratch))
        .hasMessageContaining("takes blocks of 256")
        .hasMessageContaining("blocks of 32");
    assertThatThrownBy(() -> PackedMatrix.pack(Format.Q6_K, 1, 128, i -> null))
        .hasMessage("Q6_K of 128 columns; expected blocks of 256");
    assertThat(Kernels.arithmeticOptions()).isEmpty();
    assertThatThrownBy(() -> ArithmeticOptions.isFloat("int8")).hasMessageContaining("int8");
  }
}
