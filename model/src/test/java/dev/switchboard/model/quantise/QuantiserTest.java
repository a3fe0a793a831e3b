package dev.switchboard.model.quantise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.DType;
import dev.switchboard.model.checkpoint.Tensor;
import dev.switchboard.model.checkpoint.Widen;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

class QuantiserTest {
  /** Rows of one model in F32 and as llama.cpp's quantiser wrote them. */
  @Test
  void givesTheBytesOfTheReference() throws URISyntaxException {
    Set<DType> seen = EnumSet.noneOf(DType.class);
    Path rows = Path.of(QuantiserTest.class.getResource("/golden/gguf/widening.gguf").toURI());
    try (Checkpoint checkpoint = Checkpoint.open(rows)) {
      for (String name : checkpoint.names()) {
        Tensor reference = checkpoint.find(name).orElseThrow();
        if (name.startsWith("random/") || !Quantiser.TYPES.contains(reference.dtype())) {
          continue;
        }
        String original = "f32" + name.substring(name.indexOf('/'));
        float[] values = checkpoint.find(original).orElseThrow().toFloats();
        byte[] made = quantised(reference.dtype(), values);
        byte[] expected = reference.data().toArray(ValueLayout.JAVA_BYTE);

        assertThat(made).as(name).isEqualTo(expected);
        seen.add(reference.dtype());
      }
    }
    assertThat(seen).isEqualTo(Quantiser.TYPES);
  }

  @ParameterizedTest
  @EnumSource(
      mode = Mode.INCLUDE,
      names = {"Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q4_K", "Q5_K", "Q6_K"})
  void keepsOddBlocksFinite(DType dtype) {
    int n = dtype.blockElements();
    Random random = new Random(5);
    float[][] blocks = {
      new float[n],
      filled(n, i -> 1e-30f),
      filled(n, i -> -3f),
      filled(n, i -> i == 7 ? -1000f : 0f),
      filled(n, i -> 1e-7f * (i - 3)),
      filled(n, i -> i % 2 == 0 ? 5f : 5.001f),
      filled(n, i -> (float) random.nextGaussian() * (i < n / 2 ? 1e-4f : 1e4f))
    };
    for (float[] block : blocks) {
      float[] back = widened(dtype, quantised(dtype, block));
      float largest = 0;
      for (float value : block) {
        largest = Math.max(largest, Math.abs(value));
      }
      for (int i = 0; i < n; i++) {
        assertThat(Math.abs(back[i] - block[i])).isLessThanOrEqualTo(0.14f * largest + 4e-5f);
      }
    }
  }

  @Test
  void errorsShrinkWithBits() {
    Random random = new Random(11);
    float[] values = filled(256 * 64, i -> (float) random.nextGaussian());
    double[] errors =
        Arrays.stream(
                new DType[] {
                  DType.Q4_0, DType.Q4_1, DType.Q4_K, DType.Q5_0, DType.Q5_K, DType.Q6_K, DType.Q8_0
                })
            .mapToDouble(dtype -> error(values, widened(dtype, quantised(dtype, values))))
            .toArray();
    for (int i = 1; i < errors.length; i++) {
      assertThat(errors[i]).isLessThan(errors[i - 1]);
    }
  }

  @Test
  void refusesWhatDoesNotFit() {
    byte[] out = new byte[64];
    assertThatThrownBy(() -> Quantiser.row(DType.Q8_0, new float[33], 0, 33, out, 0))
        .hasMessageContaining("33 elements");
    assertThatThrownBy(() -> Quantiser.row(DType.F16, new float[] {1e6f}, 0, 1, out, 0))
        .isInstanceOf(ArithmeticException.class)
        .hasMessageContaining("65504");
    assertThatThrownBy(() -> Quantiser.row(DType.MXFP4, new float[32], 0, 32, out, 0))
        .hasMessageContaining("MXFP4 is not made");
  }

  private interface Value {
    float at(int index);
  }

  private static float[] filled(int n, Value value) {
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = value.at(i);
    }
    return values;
  }

  private static byte[] quantised(DType dtype, float[] values) {
    byte[] out = new byte[(int) dtype.bytes(values.length) + 3];
    Quantiser.row(dtype, values, 0, values.length, out, 3);
    return Arrays.copyOfRange(out, 3, out.length);
  }

  private static float[] widened(DType dtype, byte[] bytes) {
    float[] out = new float[bytes.length / dtype.blockBytes() * dtype.blockElements()];
    Widen.row(dtype, MemorySegment.ofArray(bytes), 0, out, 0, out.length);
    return out;
  }

  private static double error(float[] values, float[] back) {
    double sum = 0;
    for (int i = 0; i < values.length; i++) {
      sum += Math.pow((double) values[i] - back[i], 2);
    }
    return Math.sqrt(sum / values.length);
  }
}
