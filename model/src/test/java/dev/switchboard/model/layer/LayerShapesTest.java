package dev.switchboard.model.layer;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.model.architecture.Activation;
import dev.switchboard.model.kernel.PackedMatrix;
import dev.switchboard.model.kernel.ScanShape;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Constructors name what does not fit. */
class LayerShapesTest {
  private static PackedMatrix matrix(int rows, int columns) {
    return PackedMatrix.ofFloats(rows, columns, new float[rows * columns]);
  }

  private static Mamba2Core core() {
    return new Mamba2Core(
        new ScanShape(2, 4, 3, 1),
        new float[2],
        new float[2],
        new Mamba2Core.Steps(new float[2]),
        new float[8],
        1e-5f);
  }

  @Test
  void feedForward() {
    assertThatThrownBy(() ->
            new Ffn(Optional.of(linear(3, 4)), linear(3, 4), linear(4, 2), new Activation.Silu()))
        .hasMessageContaining("F32[3, 4]")
        .hasMessageContaining("F32[4, 2]");
  }

  private static Linear linear(int rows, int columns) {
    return new Linear(matrix(rows, columns));
  }

  @Test
  void mixer() {
    assertThatThrownBy(() ->
            new Mamba2Mixer(
                core(),
                linear(23, 5),
                new CausalConvolution(new float[56], new float[14]),
                linear(5, 8)))
        .hasMessageContaining("24 rows")
        .hasMessageContaining("F32[23, 5]");
    assertThatThrownBy(() -> new CausalConvolution(new float[57], new float[14]))
        .hasMessage("conv1d.weight has 57 values; expected 56");
    assertThatThrownBy(() ->
            new Mamba2Core(
                new ScanShape(2, 4, 3, 1),
                new float[3],
                new float[2],
                new Mamba2Core.Steps(new float[2]),
                new float[8],
                1e-5f))
        .hasMessage("A has 3 values; expected 2");
    assertThatThrownBy(() -> new Mamba2Core.Steps(new float[2], 2f, 1f))
        .hasMessage("step sizes from 2.0 to 1.0");
    assertThatThrownBy(() -> new ScanShape(3, 4, 3, 2)).hasMessageContaining("groups 2");
  }

  @Test
  void head() {
    assertThatThrownBy(() -> new Head(new RmsNorm(new float[3], 1e-5f), linear(9, 4)))
        .hasMessageContaining("norm of 3");
    assertThatThrownBy(() -> new RmsNorm(new float[3], Float.NaN)).hasMessageContaining("NaN");
  }
}
