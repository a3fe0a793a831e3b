package dev.switchboard.model.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.model.kernel.PackedMatrix.Format;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MatmulTest {
  private final Noise noise = new Noise(5);
  private final Scratch scratch = new Scratch();

  /** The definition: one running sum over ascending columns, with fma, from +0. */
  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16", "F16"})
  void isOneAscendingSumAnOutput(Format format) {
    int n = 77;
    int k = 1500;
    float[] weights = TestMatrices.asFormat(format, noise.floats(n * k, 1));
    PackedMatrix w = TestMatrices.pack(format, k, weights);
    float[] x = noise.floats(3 * k, 1);
    float[] y = new float[3 * n];
    Kernels.matmul(w, x, 0, 3, y, 0, scratch);
    for (int i = 0; i < y.length; i++) {
      float sum = 0f;
      for (int p = 0; p < k; p++) {
        sum = Math.fma(x[i / n * k + p], weights[i % n * k + p], sum);
      }
      assertThat(y[i]).isEqualTo(sum);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16", "F16"})
  void oneRowAndManyGiveTheSameBits(Format format) {
    int n = 150;
    int k = 1100;
    PackedMatrix w = TestMatrices.pack(format, k, noise.floats(n * k, 1));
    float[] x = noise.floats(64 * k, 1);
    float[] one = new float[64 * n];
    for (int r = 0; r < 64; r++) {
      Kernels.matmul(w, x, r * k, 1, one, r * n, scratch);
    }
    for (int rows : new int[] {2, 3, 5, 8, 17, 64}) {
      float[] many = new float[rows * n];
      Kernels.matmul(w, x, 0, rows, many, 0, scratch);
      assertThat(many).isEqualTo(Arrays.copyOf(one, rows * n));
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16", "F16"})
  void rowsComeBackExactly(Format format) {
    float[] weights = TestMatrices.asFormat(format, noise.floats(130 * 5, 1));
    PackedMatrix w = TestMatrices.pack(format, 5, weights);
    float[] out = new float[7];
    for (int row = 0; row < 130; row++) {
      Kernels.row(w, row, out, 1);
      assertThat(Arrays.copyOfRange(out, 1, 6))
          .isEqualTo(Arrays.copyOfRange(weights, row * 5, row * 5 + 5));
    }
    assertThatThrownBy(() -> Kernels.row(w, 130, out, 1)).hasMessageContaining("row 130 of");
  }

  @Test
  void stackingIsPackingOneAboveTheOther() {
    float[] upper = noise.floats(3 * 4, 1);
    float[] lower = noise.floats(70 * 4, 1);
    PackedMatrix stacked =
        PackedMatrix.pack(
            Format.F32, 4, List.of(MemorySegment.ofArray(upper), MemorySegment.ofArray(lower)));
    assertThat(stacked.rows()).isEqualTo(73);
    assertThat(weight(stacked, 2, 1)).isEqualTo(upper[9]);
    assertThat(weight(stacked, 3, 2)).isEqualTo(lower[2]);
    assertThat(weight(stacked, 72, 3)).isEqualTo(lower[69 * 4 + 3]);
    assertThat(stacked.packedBytes()).isEqualTo(2 * 64 * 4 * 4);
    assertThat(stacked.data().address() % 64).isZero();
  }

  private static float weight(PackedMatrix w, int row, int column) {
    float[] out = new float[w.columns()];
    Kernels.row(w, row, out, 0);
    return out[column];
  }

  @Test
  void wrongShapesNameBoth() {
    PackedMatrix w = PackedMatrix.ofFloats(8, 5, new float[40]);
    assertThatThrownBy(() -> Kernels.matmul(w, new float[9], 0, 2, new float[16], 0, scratch))
        .hasMessage("F32[8, 5]: x [2, 5] at offset 0 does not lie in an array of 9");
    assertThatThrownBy(() -> Kernels.matmul(w, new float[10], 0, 2, new float[16], 1, scratch))
        .hasMessage("F32[8, 5]: y [2, 8] at offset 1 does not lie in an array of 16");
    assertThatThrownBy(() -> Kernels.matmul(w, new float[10], -1, 1, new float[16], 0, scratch))
        .hasMessageContaining("offset -1");
    assertThatThrownBy(() -> PackedMatrix.ofFloats(2, 3, new float[5]))
        .hasMessage("5 values for [2, 3]");
    assertThatThrownBy(() ->
            PackedMatrix.pack(
                Format.BF16, 3, List.of(MemorySegment.ofArray(new short[] {1, 2, 3, 4}))))
        .hasMessage("a part of 8 bytes; expected rows of 6 bytes");
  }
}
