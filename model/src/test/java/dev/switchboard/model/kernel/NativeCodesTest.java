package dev.switchboard.model.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.sun.management.ThreadMXBean;
import dev.switchboard.model.kernel.NativeLibrary.Unavailable;
import dev.switchboard.model.kernel.PackedMatrix.Format;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** Every form of the native kernels that this processor can run gives the scalar kernels' bits. */
class NativeCodesTest {
  private static final int[] ROWS = {1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 64};

  private final List<NativeCodes> forms = usable();
  private final Scratch scratch = new Scratch();
  private final Noise noise = new Noise(7);

  private static List<NativeCodes> usable() {
    List<NativeCodes> forms = new ArrayList<>();
    try {
      int usable = NativeLibrary.load().usableForms();
      for (NativeForm form : NativeForm.values()) {
        if ((usable & 1 << form.ordinal()) != 0) {
          forms.add(new NativeCodes(form));
        }
      }
    } catch (Unavailable e) {
      assumeThat(true).as(e.getMessage()).isFalse();
    }
    assumeThat(forms).isNotEmpty();
    return forms;
  }

  @ParameterizedTest
  @EnumSource(
      mode = Mode.EXCLUDE,
      names = {"F32", "BF16", "F16", "F8_E4M3"})
  void products(Format format) {
    for (int n : new int[] {1, 64, 130, 139}) {
      for (int blocks : new int[] {1, 9}) {
        int k = blocks * format.blockElements();
        byte[] bytes = TestMatrices.randomBlocks(format, n, k, 1f, noise);
        PackedMatrix w = TestMatrices.pack(format, k, bytes);
        ActivationCodes x = codes(noise.floats(3 + 64 * k, 2), 64, k, format.blockElements());
        float[] expected = scalar(w, x);
        for (int rows : ROWS) {
          same(w, 0, w.panels(), x, 0, rows, expected);
        }
        same(w, w.panels() - 1, 1, x, 60, 3, expected);
      }
    }
  }

  /** All bits set, and the largest activations: no sum may overflow or saturate. */
  @ParameterizedTest
  @EnumSource(
      mode = Mode.EXCLUDE,
      names = {"F32", "BF16", "F16", "F8_E4M3"})
  void extremes(Format format) {
    int k = 512;
    for (int pattern : new int[] {0, 0xff, 0x80, 0x81, 0x7f, 0x0f, 0xf0, 0x88, 0x55}) {
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
      PackedMatrix w = TestMatrices.pack(format, k, bytes);
      ActivationCodes x = new ActivationCodes();
      x.resize(9, k, format.blockElements());
      for (int i = 0; i < 9 * k; i++) {
        int row = i / k;
        x.codes()[i] = (byte) (row == 0 ? 127 : row == 1 ? -127 : (i % 3 - 1) * 127);
      }
      Arrays.fill(x.scales(), 1f);
      x.received();
      float[] expected = scalar(w, x);
      for (int row = 0; row < 3; row++) {
        same(w, 0, w.panels(), x, row, 1, expected);
      }
      same(w, 0, w.panels(), x, 0, 9, expected);
    }
  }

  /** Scales that are subnormal, zero, huge, infinite or no number, on both sides. */
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
    for (float size : new float[] {1f, 0x1p-98f, 0x1p-101f, 0x1p-133f, 0x1p+127f}) {
      float[] values = noise.floats(3 + 10 * k, size);
      values[3 + 2 * k] = Float.NaN;
      ActivationCodes x = codes(values, 10, k, format.blockElements());
      float[] expected = scalar(w, x);
      same(w, 0, w.panels(), x, 0, 10, expected);
      same(w, 0, w.panels(), x, 2, 1, expected);
      same(w, 0, w.panels(), x, 3, 2, expected);
    }
  }

  @Test
  void subnormalResultsAreKept() {
    int k = 32;
    byte[] bytes = new byte[(int) Format.Q8_0.rowBytes(k)];
    TestMatrices.putHalf(bytes, 0, 0x1p-24f);
    bytes[2] = 1;
    PackedMatrix w = TestMatrices.pack(Format.Q8_0, k, bytes);
    ActivationCodes x = new ActivationCodes();
    x.resize(1, k, 32);
    x.codes()[0] = 1;
    x.scales()[0] = 0x1p-120f;
    x.received();
    for (NativeCodes form : forms) {
      float[] y = new float[1];
      form.matmul(w, 0, 1, x, 0, 1, y, 0, 1, scratch);
      assertThat(y[0]).isEqualTo(0x1p-144f);
    }
  }

  @Test
  void rangesAreChecked() {
    byte[] bytes = new byte[(int) Format.Q8_0.rowBytes(64) * 65];
    PackedMatrix w = TestMatrices.pack(Format.Q8_0, 64, bytes);
    ActivationCodes x = codes(new float[3 + 4 * 64], 4, 64, 32);
    float[] y = new float[4 * 65];
    NativeCodes form = forms.getLast();
    refused(() -> form.matmul(w, 0, 3, x, 0, 1, y, 0, 65, scratch));
    refused(() -> form.matmul(w, -1, 1, x, 0, 1, y, 0, 65, scratch));
    refused(() -> form.matmul(w, 0, 2, x, 1, 4, y, 0, 65, scratch));
    refused(() -> form.matmul(w, 0, 2, x, 0, 4, y, 1, 65, scratch));
    refused(() -> form.matmul(w, 0, 2, x, 0, 4, y, -1, 65, scratch));
    refused(() -> form.matmul(w, 0, 2, x, 0, 4, y, 0, 64, scratch));
    ActivationCodes narrow = codes(new float[3 + 4 * 32], 4, 32, 32);
    assertThatThrownBy(() -> form.matmul(w, 0, 2, narrow, 0, 1, y, 0, 65, scratch))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("[65, 64]");
  }

  private static void refused(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    assertThatThrownBy(call).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void nothingIsAllocated() {
    byte[] bytes = TestMatrices.randomBlocks(Format.Q8_0, 130, 256, 1f, noise);
    PackedMatrix w = TestMatrices.pack(Format.Q8_0, 256, bytes);
    ActivationCodes x = codes(noise.floats(3 + 9 * 256, 1), 9, 256, 32);
    float[] y = new float[9 * 130];
    NativeCodes form = forms.getLast();
    for (int i = 0; i < 20_000; i++) {
      form.matmul(w, 0, 3, x, 0, 1 + i % 2, y, 0, 130, scratch);
    }
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < 1000; i++) {
      form.matmul(w, 0, 3, x, 0, 1, y, 0, 130, scratch);
      form.matmul(w, 0, 3, x, 0, 9, y, 0, 130, scratch);
    }
    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(8_000);
  }

  private static ActivationCodes codes(float[] values, int rows, int columns, int block) {
    ActivationCodes codes = new ActivationCodes();
    Kernels.quantise(values, 3, rows, columns, block, codes);
    return codes;
  }

  private float[] scalar(PackedMatrix w, ActivationCodes x) {
    float[] y = new float[x.rows() * w.rows()];
    new ScalarKernels().matmul(w, 0, w.panels(), x, 0, x.rows(), y, 0, w.rows(), scratch);
    return y;
  }

  /** Into rows that lie apart, with other values around them, which must stay. */
  // size: arrays and offsets instead of views
  private void same(
      PackedMatrix w,
      int firstPanel,
      int panels,
      ActivationCodes x,
      int firstRow,
      int rows,
      float[] expected) {
    int from = firstPanel * PackedMatrix.PANEL;
    int outputs = Math.min(panels * PackedMatrix.PANEL, w.rows() - from);
    int stride = outputs + 3;
    float[] wanted = noise.floats(5 + rows * stride + 4, 1);
    float[] before = wanted.clone();
    for (int r = 0; r < rows; r++) {
      int row = (firstRow + r) * w.rows() + from;
      System.arraycopy(expected, row, wanted, 5 + r * stride, outputs);
    }
    for (NativeCodes form : forms) {
      float[] y = before.clone();
      form.matmul(w, firstPanel, panels, x, firstRow, rows, y, 5, stride, scratch);
      int at = Arrays.mismatch(y, wanted);
      if (at >= 0) {
        assertThat(y[at])
            .as("%s %s, rows %d, value %d", form.form(), w, rows, at)
            .isEqualTo(wanted[at]);
      }
    }
  }
}
