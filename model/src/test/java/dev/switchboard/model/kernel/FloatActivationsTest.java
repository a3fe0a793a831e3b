package dev.switchboard.model.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.model.kernel.PackedMatrix.Format;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** Weights that are not F32 with float activations: the bits of the same weights as F32. */
class FloatActivationsTest {
  private static final int N = 70;

  private final Noise noise = new Noise(11);
  private final Scratch scratch = new Scratch();

  @ParameterizedTest
  @EnumSource(
      mode = Mode.EXCLUDE,
      names = {"F32", "BF16", "F16", "F8_E4M3"})
  void blockTypes(Format format) {
    int k = 1280;
    byte[] bytes = TestMatrices.randomBlocks(format, N, k, 1f, noise);
    sameAsF32(TestMatrices.pack(format, k, bytes).withFloatActivations());
  }

  @Test
  void halves() {
    sameAsF32(TestMatrices.pack(Format.F16, 1300, noise.floats(N * 1300, 1f)));
  }

  @Test
  void eightBits() {
    int k = 700;
    byte[] codes = new byte[N * k];
    for (int i = 0; i < codes.length; i++) {
      codes[i] = (byte) (noise.nextInt() & 0xfb);
    }
    float[] scales = noise.floats(N * 6, 1f);
    PackedMatrix w = TestMatrices.packF8(N, k, 128, codes, scales);
    sameAsF32(w);
    float[] row = new float[k];
    Kernels.row(w, 68, row, 0);
    for (int c = 0; c < k; c++) {
      int bits = codes[68 * k + c];
      int e = bits >> 3 & 15;
      double value =
          Math.scalb(e == 0 ? (bits & 7) / 8.0 : 1 + (bits & 7) / 8.0, Math.max(e, 1) - 7);
      float signed = (float) (bits < 0 ? -value : value);
      assertThat(row[c]).isEqualTo(signed * scales[68 * 6 + c / 128]);
    }
  }

  private void sameAsF32(PackedMatrix w) {
    int k = w.columns();
    float[] widened = new float[N * k];
    for (int row = 0; row < N; row++) {
      Kernels.row(w, row, widened, row * k);
    }
    PackedMatrix f32 = PackedMatrix.ofFloats(N, k, widened);
    float[] x = noise.floats(7 * k, 1f);
    for (int rows : new int[] {1, 2, 7}) {
      float[] expected = new float[rows * N];
      float[] actual = new float[rows * N];
      Kernels.matmul(f32, x, 0, rows, expected, 0, scratch);
      Kernels.matmul(w, x, 0, rows, actual, 0, scratch);
      assertThat(actual).as(w + " rows " + rows).isEqualTo(expected);
    }
  }

  /** Two tensors, neighbours in a byte: value 2^(exponent - 127) times a code's value. */
  @Test
  void mxfp4OfTwoTensors() {
    float[] values = {0, 0.5f, 1, 1.5f, 2, 3, 4, 6, 0, -0.5f, -1, -1.5f, -2, -3, -4, -6};
    byte[] blocks = new byte[2 * 32];
    byte[] exponents = {127, 120, (byte) 130, 0};
    for (int i = 0; i < blocks.length; i++) {
      blocks[i] = (byte) noise.nextInt();
    }
    MemorySegment codes = MemorySegment.ofArray(blocks);
    MemorySegment scales = MemorySegment.ofArray(exponents);
    PackedMatrix w =
        PackedMatrix.packMxfp4(
            2, 64, i -> codes.asSlice(i * 32L, 32), i -> scales.asSlice(i * 2L, 2));
    assertThat(w.activationBlock()).isZero();
    float[] row = new float[64];
    for (int r = 0; r < 2; r++) {
      Kernels.row(w, r, row, 0);
      for (int k = 0; k < 64; k++) {
        int code = blocks[r * 32 + k / 2] >> 4 * (k % 2) & 15;
        int exponent = exponents[r * 2 + k / 32] & 0xff;
        assertThat(row[k]).isEqualTo((float) Math.scalb((double) values[code], exponent - 127));
      }
    }
    assertThatThrownBy(() -> PackedMatrix.packMxfp4(2, 64, i -> scales, i -> scales))
        .hasMessage("row 0 has 4 bytes; expected 32");
  }

  @Test
  void wrongShapesAreRefused() {
    assertThatThrownBy(() -> PackedMatrix.packF8(1, 4, i -> null, i -> null, 0))
        .hasMessage("0 columns share a scale; expected at least 1");
    assertThatThrownBy(() -> PackedMatrix.pack(Format.F32, 1, 1 << 20, i -> null))
        .hasMessageContaining("expected at least one row and 1 to 262144 columns");
    PackedMatrix f16 = TestMatrices.pack(Format.F16, 2, new float[4]);
    assertThatThrownBy(f16::withCodedActivations).hasMessageContaining("no blocks");
    byte[] rows = new byte[34 * 3];
    assertThatThrownBy(
            () -> PackedMatrix.pack(Format.Q8_0, 3, 32, i -> MemorySegment.ofArray(rows)))
        .hasMessage("row 0 has 102 bytes; expected 34");
  }
}
