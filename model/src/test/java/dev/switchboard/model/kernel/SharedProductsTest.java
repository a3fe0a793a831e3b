package dev.switchboard.model.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.model.crew.Crew;
import dev.switchboard.model.kernel.PackedMatrix.Format;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A crew's answer is that of one thread, to the bit; a group's that of its networks one by one. */
class SharedProductsTest {
  private static final Crew CREW = Crew.of("test", 3);

  private static final int WIDTH = 512;
  private static final int HIDDEN = 768;

  private final Noise noise = new Noise(7);
  private final Scratch alone = new Scratch();
  private final Scratch shared = new Scratch(CREW);

  @AfterAll
  static void end() {
    CREW.close();
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16", "F16", "Q8_0", "Q4_1", "Q4_K", "Q6_K"})
  void productsOfACrew(Format format) {
    PackedMatrix w = matrix(format, 1000, WIDTH);
    for (int rows : new int[] {1, 3, 30, 205}) {
      float[] x = noise.floats(2 + rows * WIDTH, 2f);
      float[] expected = new float[3 + rows * 1000];
      float[] actual = new float[3 + rows * 1000];
      Kernels.matmul(w, x, 2, rows, expected, 3, alone);
      Kernels.matmul(w, x, 2, rows, actual, 3, shared);
      assertThat(actual).as("%s, %d rows", w, rows).isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16", "Q8_0", "Q4_0", "Q4_K"})
  void networksTogether(Format format) {
    List<PackedMatrix[]> networks = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      networks.add(
          new PackedMatrix[] {
            matrix(format, HIDDEN, WIDTH),
            matrix(format, HIDDEN, WIDTH),
            matrix(format, WIDTH, HIDDEN)
          });
    }
    for (int[] rows : new int[][] {{1, 0, 0, 1}, {2, 3, 0, 7}, {130, 1, 300, 65}}) {
      int all = Arrays.stream(rows).sum();
      float[] x = noise.floats(all * WIDTH, 2f);
      float[] expected = oneByOne(networks, rows, x);
      assertThat(together(networks, rows, x, alone)).as("alone").isEqualTo(expected);
      assertThat(together(networks, rows, x, shared)).as("shared").isEqualTo(expected);
    }
  }

  @Test
  void hiddenWidthsThatFillNoPanel() {
    List<PackedMatrix[]> networks =
        List.of(
            new PackedMatrix[] {
              matrix(Format.Q8_0, 608, WIDTH),
              matrix(Format.Q8_0, 608, WIDTH),
              matrix(Format.Q8_0, 500, 608)
            },
            new PackedMatrix[] {
              matrix(Format.Q8_0, 608, WIDTH),
              matrix(Format.Q8_0, 608, WIDTH),
              matrix(Format.Q8_0, 500, 608)
            });
    int[] rows = {90, 33};
    float[] x = noise.floats(123 * WIDTH, 1f);
    assertThat(together(networks, rows, x, shared)).isEqualTo(oneByOne(networks, rows, x));
  }

  private float[] oneByOne(List<PackedMatrix[]> networks, int[] rows, float[] x) {
    int out = networks.getFirst()[2].rows();
    float[] y = new float[Arrays.stream(rows).sum() * out];
    int row = 0;
    for (int i = 0; i < rows.length; i++) {
      PackedMatrix[] w = networks.get(i);
      float[] gate = new float[rows[i] * w[0].rows()];
      float[] up = new float[gate.length];
      Kernels.matmul(w[0], x, row * WIDTH, rows[i], gate, 0, alone);
      Kernels.matmul(w[1], x, row * WIDTH, rows[i], up, 0, alone);
      Kernels.siluTimes(gate, 0, up, 0, up, 0, gate.length);
      Kernels.matmul(w[2], up, 0, rows[i], y, row * out, alone);
      row += rows[i];
    }
    return y;
  }

  private static float[] together(
      List<PackedMatrix[]> networks, int[] rows, float[] x, Scratch scratch) {
    GroupedProducts group = scratch.grouped();
    group.begin();
    int all = 0;
    for (int i = 0; i < rows.length; i++) {
      PackedMatrix[] w = networks.get(i);
      if (rows[i] > 0) {
        group.add(
            w[0],
            w[1],
            w[2],
            (gate, up, n, first, columns) -> Kernels.siluTimes(gate, 0, up, 0, up, 0, n * columns),
            rows[i]);
      }
      all += rows[i];
    }
    float[] y = new float[all * networks.getFirst()[2].rows()];
    int block = networks.getFirst()[1].activationBlock();
    if (block == 0) {
      group.forward(x, 0, y, 0);
    } else {
      ActivationCodes codes = new ActivationCodes();
      Kernels.quantise(x, 0, all, WIDTH, block, codes, scratch);
      group.forward(codes, y, 0);
    }
    return y;
  }

  private PackedMatrix matrix(Format format, int rows, int columns) {
    return format.isBlockType()
        ? TestMatrices.pack(
            format, columns, TestMatrices.randomBlocks(format, rows, columns, 0.01f, noise))
        : TestMatrices.pack(format, columns, noise.floats(rows * columns, 0.1f));
  }
}
