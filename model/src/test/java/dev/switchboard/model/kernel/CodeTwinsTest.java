package dev.switchboard.model.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.model.kernel.PackedMatrix.Format;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** The Vector API twins of block types and F8 give the scalar kernels' bits. */
class CodeTwinsTest {
  private static final int[] ROWS = {1, 2, 5, 24, 27, 28};

  private final KernelSet scalar = new ScalarKernels();
  private final KernelSet vector = new VectorKernels();
  private final Scratch scratch = new Scratch();
  private final Noise noise = new Noise(3);

  @ParameterizedTest
  @EnumSource(
      mode = Mode.EXCLUDE,
      names = {"F32", "BF16", "F16", "F8_E4M3"})
  void productsWithCodes(Format format) {
    for (int n : new int[] {1, 64, 130}) {
      for (int blocks : new int[] {1, 9}) {
        int k = blocks * format.blockElements();
        byte[] bytes = TestMatrices.randomBlocks(format, n, k, 1f, noise);
        for (int rows : ROWS) {
          codes(TestMatrices.pack(format, k, bytes), noise.floats(3 + rows * k, 2), rows);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      mode = Mode.EXCLUDE,
      names = {"F32", "BF16", "F16", "F8_E4M3"})
  void productsWithFloats(Format format) {
    for (int n : new int[] {1, 64, 130}) {
      for (int blocks : new int[] {1, 9}) {
        int k = blocks * format.blockElements();
        byte[] bytes = TestMatrices.randomBlocks(format, n, k, 1f, noise);
        PackedMatrix w = TestMatrices.pack(format, k, bytes).withFloatActivations();
        for (int rows : ROWS) {
          floats(w, noise.floats(3 + rows * k, 2), rows);
        }
      }
    }
  }

  /** All bits set, and the largest activations: no sum may overflow what holds it. */
  @ParameterizedTest
  @EnumSource(
      mode = Mode.EXCLUDE,
      names = {"F32", "BF16", "F16", "F8_E4M3"})
  void extremes(Format format) {
    int k = 512;
    for (int pattern : new int[] {0, 0xff, 0x80, 0x7f, 0x0f, 0xf0, 0x88, 0x55}) {
      byte[] bytes = new byte[(int) format.rowBytes(k) * 66];
      Arrays.fill(bytes, (byte) pattern);
      if (BlockLayout.of(format).scales() != BlockLayout.Scales.EXPONENT) {
        for (int at = 0; at < bytes.length; at += format.blockBytes()) {
          TestMatrices.putHalf(bytes, at + GgufBlocks.scaleAt(format), 65504f);
          if (BlockLayout.of(format).hasMinimums()) {
            TestMatrices.putHalf(bytes, at + GgufBlocks.scaleAt(format) + 2, -0x1p-24f);
          }
        }
      }
      float[] x = new float[3 + 28 * k];
      for (int i = 0; i < x.length; i++) {
        x[i] = i / k % 2 == 0 ? 127f : (i % 3 - 1) * 127f;
      }
      PackedMatrix w = TestMatrices.pack(format, k, bytes);
      codes(w, x, 28);
      codes(w, x, 1);
      floats(w.withFloatActivations(), x, 7);
    }
  }

  /** Scales that are subnormal, zero, huge, infinite or no number. */
  @ParameterizedTest
  @EnumSource(
      mode = Mode.EXCLUDE,
      names = {"F32", "BF16", "F16", "F8_E4M3"})
  void scalesOfAllKinds(Format format) {
    int k = 256;
    int n = 256;
    byte[] bytes = TestMatrices.randomBlocks(format, n, k, 1f, noise);
    int block = format.blockBytes();
    for (int i = 0; i < bytes.length / block; i++) {
      int at = i * block + GgufBlocks.scaleAt(format);
      bytes[at] = (byte) (i * 37);
      bytes[at + 1] = (byte) (i * 5);
    }
    PackedMatrix w = TestMatrices.pack(format, k, bytes);
    for (float size : new float[] {1f, 0x1p-98f, 0x1p-101f, 0x1p+127f}) {
      float[] x = noise.floats(3 + 25 * k, size);
      codes(w, x, 25);
      codes(w, x, 1);
      floats(w.withFloatActivations(), x, 5);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F16", "F8_E4M3"})
  void everyValueOfSmallFloats(Format format) {
    int k = 300;
    int n = 230;
    byte[] bytes = new byte[n * (int) format.rowBytes(k)];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (format == Format.F16 ? i >> 1 >> 8 * (i & 1) : i);
    }
    PackedMatrix w =
        format == Format.F16
            ? TestMatrices.pack(format, k, bytes)
            : TestMatrices.packF8(n, k, 48, bytes, noise.floats(n * 7, 2f));
    float[] x = new float[3 + 17 * k];
    for (int rows : new int[] {1, 6, 17}) {
      for (int column = 0; column < k; column++) {
        Arrays.fill(x, 0f);
        x[3 + column] = 1f;
        if (rows >= 6) {
          x[3 + 5 * k + column] = 0.5f;
        }
        floats(w, x, rows);
        column += rows * 5;
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"Q8_0", "Q6_K"})
  void activations(Format format) {
    int block = format.blockElements();
    for (float size : new float[] {1f, 0x1p-98f, 0x1p-99f, 0x1p-101f, 1e-40f, 0x1p+127f, 0f}) {
      float[] x = noise.floats(5 + 4 * block, size);
      x[5 + 2 * block + 3] = size * 1.5f;
      ActivationCodes expected = new ActivationCodes();
      ActivationCodes actual = new ActivationCodes();
      for (int special = 0; special < 3; special++) {
        expected.resize(2, 2 * block, block);
        actual.resize(2, 2 * block, block);
        scalar.quantise(x, 5, 2 * block, expected, 0, 2, 0, 2);
        vector.quantise(x, 5, 2 * block, actual, 0, 2, 0, 2);
        assertThat(Arrays.copyOf(actual.codes(), 4 * block))
            .isEqualTo(Arrays.copyOf(expected.codes(), 4 * block));
        assertThat(Arrays.copyOf(actual.scales(), 4))
            .isEqualTo(Arrays.copyOf(expected.scales(), 4));
        x[5 + block] = special == 0 ? Float.NaN : Float.NEGATIVE_INFINITY;
      }
    }
  }

  private void codes(PackedMatrix w, float[] x, int rows) {
    ActivationCodes codes = new ActivationCodes();
    Kernels.quantise(x, 3, rows, w.columns(), w.format().blockElements(), codes);
    float[] expected = noise.floats(5 + rows * w.rows() + 4, 1);
    float[] actual = expected.clone();
    scalar.matmul(w, 0, w.panels(), codes, 0, rows, expected, 5, w.rows(), scratch);
    vector.prepare(w, codes);
    vector.matmul(w, 0, w.panels(), codes, 0, rows, actual, 5, w.rows(), scratch);
    assertSame(actual, expected, w + " codes, rows " + rows);
  }

  private void floats(PackedMatrix w, float[] x, int rows) {
    float[] expected = noise.floats(5 + rows * w.rows() + 4, 1);
    float[] actual = expected.clone();
    scalar.matmul(w, 0, w.panels(), x, 3, w.columns(), rows, expected, 5, w.rows(), scratch);
    vector.matmul(w, 0, w.panels(), x, 3, w.columns(), rows, actual, 5, w.rows(), scratch);
    assertSame(actual, expected, w + " floats, rows " + rows);
  }

  private static void assertSame(float[] actual, float[] expected, String what) {
    if (!Arrays.equals(actual, expected)) {
      int at = Arrays.mismatch(actual, expected);
      assertThat(actual[at]).as(what + ", value " + at).isEqualTo(expected[at]);
    }
  }
}
