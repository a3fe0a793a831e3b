package dev.switchboard.model.expert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.model.architecture.Activation;
import dev.switchboard.model.kernel.ActivationCodes;
import dev.switchboard.model.kernel.Kernels;
import dev.switchboard.model.kernel.PackedMatrix;
import dev.switchboard.model.kernel.PackedMatrix.Format;
import dev.switchboard.model.kernel.Scratch;
import dev.switchboard.model.layer.Ffn;
import dev.switchboard.model.layer.Linear;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FfnExpertTest {
  private static final int WIDTH = 64;
  private static final int HIDDEN = 96;
  private static final int ROWS = 5;

  private final Random random = new Random(3);
  private final Scratch scratch = new Scratch();

  @Test
  void codesGiveTheBitsOfTheFloatsThatTheyWereMadeOf() {
    FfnExpert expert = expert(Format.Q8_0, Format.Q8_0);
    assertThat(expert.activationBlock()).isEqualTo(32);
    float[] in = rows();
    ActivationCodes codes = new ActivationCodes();
    Kernels.quantise(in, 0, ROWS, WIDTH, 32, codes);
    float[] fromCodes = new float[ROWS * WIDTH];
    expert.forward(codes, fromCodes, 0, scratch);
    assertThat(fromCodes).isEqualTo(forward(expert, in));
    assertThat(forward(expert, in)).isNotEqualTo(new float[ROWS * WIDTH]);
  }

  @Test
  void matricesOfTwoMindsTakeFloats() {
    FfnExpert expert = expert(Format.Q8_0, Format.F32);
    assertThat(expert.activationBlock()).isZero();
    assertThat(forward(expert, rows())).isNotEqualTo(new float[ROWS * WIDTH]);
    ActivationCodes codes = new ActivationCodes();
    Kernels.quantise(rows(), 0, ROWS, WIDTH, 32, codes);
    assertThatThrownBy(() -> expert.forward(codes, new float[ROWS * WIDTH], 0, scratch))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("blocks of");
  }

  private float[] forward(FfnExpert expert, float[] in) {
    float[] out = new float[ROWS * WIDTH];
    expert.forward(in, 0, ROWS, ExpertState.NONE, out, 0, scratch);
    return out;
  }

  private float[] rows() {
    float[] in = new float[ROWS * WIDTH];
    for (int i = 0; i < in.length; i++) {
      in[i] = (float) random.nextGaussian();
    }
    return in;
  }

  private FfnExpert expert(Format gate, Format up) {
    return new FfnExpert(
        new Ffn(
            Optional.of(new Linear(matrix(gate, HIDDEN, WIDTH))),
            new Linear(matrix(up, HIDDEN, WIDTH)),
            new Linear(matrix(Format.Q8_0, WIDTH, HIDDEN)),
            new Activation.Silu()));
  }

  private PackedMatrix matrix(Format format, int rows, int columns) {
    if (format == Format.F32) {
      float[] values = new float[rows * columns];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) random.nextGaussian();
      }
      return PackedMatrix.ofFloats(rows, columns, values);
    }
    byte[] bytes = new byte[Math.toIntExact(rows * format.rowBytes(columns))];
    random.nextBytes(bytes);
    MemorySegment data = MemorySegment.ofArray(bytes);
    for (int at = 0; at < bytes.length; at += format.blockBytes()) {
      data.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, Float.floatToFloat16(0.01f));
    }
    int rowBytes = (int) format.rowBytes(columns);
    return PackedMatrix.pack(
        format, rows, columns, row -> data.asSlice((long) row * rowBytes, rowBytes));
  }
}
