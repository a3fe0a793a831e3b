package dev.switchboard.model.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.switchboard.model.kernel.NativeLibrary.Unavailable;
import dev.switchboard.model.kernel.PackedMatrix.Format;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every form of the native products of 16-bit weights gives the scalar kernels' bits. */
class NativeFloatsTest {
  private final Scratch scratch = new Scratch();
  private final Noise noise = new Noise(13);
  private final List<NativeFloats> forms = new ArrayList<>();

  NativeFloatsTest() {
    int usable = 0;
    try {
      usable = NativeLibrary.load().usableForms();
    } catch (Unavailable e) {
      assumeThat(true).as(e.getMessage()).isFalse();
    }
    for (NativeForm form : NativeForm.values()) {
      if ((usable & 1 << form.ordinal()) != 0) {
        forms.add(new NativeFloats(form, false));
      }
    }
    assumeThat(forms).isNotEmpty();
  }

  @ParameterizedTest
  @EnumSource(names = {"BF16", "F16"})
  void products(Format format) {
    for (int n : new int[] {1, 64, 139}) {
      for (int k : new int[] {1, 7, 96, 97, 300}) {
        PackedMatrix w = TestMatrices.pack(format, k, noise.floats(n * k, 1));
        float[] x = noise.floats(3 + 64 * (k + 2), 1);
        for (int rows : new int[] {1, 2, 3, 4, 5, 6, 7, 8, 13, 64}) {
          same(w, x, rows);
        }
      }
    }
  }

  /** All 2^16 weights: subnormal numbers, infinities and NaN among them. */
  @ParameterizedTest
  @EnumSource(names = {"BF16", "F16"})
  void everyWeight(Format format) {
    int n = 256;
    byte[] bytes = new byte[2 << 16];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (i >> 1 >> 8 * (i & 1));
    }
    PackedMatrix w = TestMatrices.pack(format, 256, bytes);
    float[] x = new float[3 + 7 * 258];
    for (int column = 0; column < n; column += 5) {
      Arrays.fill(x, 0f);
      x[3 + column] = 1f;
      x[3 + 6 * 258 + column] = 0.5f;
      same(w, x, 1);
      same(w, x, 7);
    }
  }

  private void same(PackedMatrix w, float[] x, int rows) {
    int xStride = w.columns() + 2;
    int stride = w.rows() + 3;
    float[] before = noise.floats(5 + rows * stride, 1);
    float[] expected = before.clone();
    KernelSet scalar = new ScalarKernels();
    scalar.matmul(w, 0, w.panels(), x, 3, xStride, rows, expected, 5, stride, scratch);
    for (NativeFloats form : forms) {
      float[] y = before.clone();
      form.matmul(w, 0, w.panels(), x, 3, xStride, rows, y, 5, stride, scratch);
      int at = Arrays.mismatch(y, expected);
      if (at >= 0) {
        assertThat(y[at])
            .as("%s %s, rows %d, value %d", form.form(), w, rows, at)
            .isEqualTo(expected[at]);
      }
    }
  }
}
