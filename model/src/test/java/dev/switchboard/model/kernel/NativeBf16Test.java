package dev.switchboard.model.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.switchboard.model.kernel.NativeLibrary.Unavailable;
import dev.switchboard.model.kernel.PackedMatrix.Format;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** BF16 dot: near the exact product, and the same for a row alone and among others. */
class NativeBf16Test {
  private static final int OUTPUTS = 139;

  private final Scratch scratch = new Scratch();
  private final Noise noise = new Noise(11);
  private final NativeFloats dot = new NativeFloats(NativeForm.AVX512, true);

  NativeBf16Test() {
    boolean can;
    try {
      can = NativeLibrary.load().hasBf16Dot();
    } catch (Unavailable e) {
      can = false;
    }
    assumeThat(can).isTrue();
  }

  @Test
  void nearTheExactProductAndTheSameForAnyNumberOfRows() {
    for (int columns : new int[] {1, 2, 31, 192, 193, 401}) {
      PackedMatrix w = TestMatrices.pack(Format.BF16, columns, noise.floats(OUTPUTS * columns, 1));
      float[] x = noise.floats(3 + 64 * (columns + 2), 1);
      float[] alone = new float[64 * OUTPUTS];
      for (int r = 0; r < 64; r++) {
        matmul(w, x, 3 + r * (columns + 2), columns + 2, 1, alone, r * OUTPUTS, OUTPUTS);
      }
      for (int rows : new int[] {2, 5, 6, 7, 13, 64}) {
        float[] y = new float[5 + rows * (OUTPUTS + 3)];
        Arrays.fill(y, 7f);
        matmul(w, x, 3, columns + 2, rows, y, 5, OUTPUTS + 3);
        for (int r = 0; r < rows; r++) {
          int at = 5 + r * (OUTPUTS + 3);
          assertThat(Arrays.copyOfRange(y, at, at + OUTPUTS))
              .isEqualTo(Arrays.copyOfRange(alone, r * OUTPUTS, (r + 1) * OUTPUTS));
          assertThat(y[at + OUTPUTS]).isEqualTo(7f);
        }
      }
      near(w, x, alone);
    }
  }

  private void near(PackedMatrix w, float[] x, float[] actual) {
    int columns = w.columns();
    float[] exact = new float[64 * OUTPUTS];
    new ScalarKernels().matmul(w, 0, w.panels(), x, 3, columns + 2, 64, exact, 0, OUTPUTS, scratch);
    for (int i = 0; i < exact.length; i++) {
      assertThat(actual[i]).isCloseTo(exact[i], within(0x1p-8f * columns));
    }
  }

  @Test
  void activationsAreRoundedToNearestEven() {
    PackedMatrix w = TestMatrices.pack(Format.BF16, 2, new float[] {1f, 0f});
    float[] y = new float[1];
    matmul(w, new float[] {1f + 0x1p-8f, 0f}, 0, 2, 1, y, 0, 1);
    assertThat(y[0]).isEqualTo(1f);
    matmul(w, new float[] {1f + 3 * 0x1p-8f, 0f}, 0, 2, 1, y, 0, 1);
    assertThat(y[0]).isEqualTo(1f + 4 * 0x1p-8f);
    matmul(w, new float[] {Float.NaN, 0f}, 0, 2, 1, y, 0, 1);
    assertThat(y[0]).isNaN();
    matmul(w, new float[] {Float.POSITIVE_INFINITY, 0f}, 0, 2, 1, y, 0, 1);
    assertThat(y[0]).isEqualTo(Float.POSITIVE_INFINITY);
  }

  @Test
  void rangesAreChecked() {
    PackedMatrix w = TestMatrices.pack(Format.BF16, 8, new float[66 * 8]);
    float[] x = new float[2 * 8];
    float[] y = new float[2 * 66];
    assertThatThrownBy(() -> matmul(w, x, 1, 8, 2, y, 0, 66))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> matmul(w, x, 0, 7, 2, y, 0, 66))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> matmul(w, x, 0, 8, 2, y, 1, 66))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  // size: arrays and offsets instead of views
  private void matmul(
      PackedMatrix w,
      float[] x,
      int xOffset,
      int xStride,
      int rows,
      float[] y,
      int yOffset,
      int yStride) {
    dot.matmul(w, 0, w.panels(), x, xOffset, xStride, rows, y, yOffset, yStride, scratch);
  }
}
