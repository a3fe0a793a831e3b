package dev.switchboard.model.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.switchboard.model.kernel.Noise;
import dev.switchboard.model.kernel.PackedMatrix;
import dev.switchboard.model.kernel.Scratch;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against a second implementation in double precision; and sequences do not see each other. */
class Mamba1MixerTest {
  private static final int WIDTH = 12;
  private static final int INNER = 20;
  private static final int STATE = 5;
  private static final int RANK = 3;
  private static final int KERNEL = 4;
  private static final int PROJECTED = RANK + 2 * STATE;
  private static final float EPS = 1e-6f;

  private final Noise noise = new Noise(12);
  private final Scratch scratch = new Scratch();
  private final float[] in = noise.floats(2 * INNER * WIDTH, 0.5f);
  private final float[] inBias = noise.floats(2 * INNER, 0.2f);
  private final float[] selection = noise.floats(PROJECTED * INNER, 0.5f);
  private final float[] steps = noise.floats(INNER * RANK, 0.5f);
  private final float[] stepBias = noise.floats(INNER, 1f);
  private final float[] out = noise.floats(WIDTH * INNER, 0.5f);
  private final float[] convolution = noise.floats(INNER * KERNEL, 0.7f);
  private final float[] convolutionBias = noise.floats(INNER, 0.3f);
  private final float[] logarithms = noise.floats(INNER * STATE, 1f);
  private final float[] skip = noise.floats(INNER, 1f);
  private final float[][] norms = {
    noise.floats(RANK, 1f), noise.floats(STATE, 1f), noise.floats(STATE, 1f)
  };

  private Mamba1Mixer mixer(boolean normed) {
    return new Mamba1Mixer(
        new Mamba1Mixer.Projections(
            new Linear(PackedMatrix.ofFloats(2 * INNER, WIDTH, in), inBias),
            new Linear(PackedMatrix.ofFloats(PROJECTED, INNER, selection)),
            new Linear(PackedMatrix.ofFloats(INNER, RANK, steps), stepBias),
            new Linear(PackedMatrix.ofFloats(WIDTH, INNER, out))),
        new CausalConvolution(convolution, convolutionBias),
        Mamba2Core.rates(logarithms),
        skip,
        normed
            ? Optional.of(
                new Mamba1Mixer.Norms(
                    new RmsNorm(norms[0], EPS),
                    new RmsNorm(norms[1], EPS),
                    new RmsNorm(norms[2], EPS)))
            : Optional.empty());
  }

  private static double[] product(float[] w, double[] x, int rows) {
    double[] y = new double[rows];
    for (int i = 0; i < rows * x.length; i++) {
      y[i / x.length] += w[i] * x[i % x.length];
    }
    return y;
  }

  private static double silu(double v) {
    return v / (1 + Math.exp(-v));
  }

  private static void norm(double[] v, int from, float[] weight) {
    double squares = 0;
    for (int i = 0; i < weight.length; i++) {
      squares += v[from + i] * v[from + i];
    }
    double scale = 1 / Math.sqrt(squares / weight.length + EPS);
    for (int i = 0; i < weight.length; i++) {
      v[from + i] *= scale * weight[i];
    }
  }

  private double[] plainly(float[] u, int tokens, boolean normed) {
    double[][] window = new double[tokens + KERNEL - 1][INNER];
    double[] h = new double[INNER * STATE];
    double[] answer = new double[tokens * WIDTH];
    for (int t = 0; t < tokens; t++) {
      double[] row = new double[WIDTH];
      for (int i = 0; i < WIDTH; i++) {
        row[i] = u[t * WIDTH + i];
      }
      double[] xz = product(in, row, 2 * INNER);
      for (int i = 0; i < 2 * INNER; i++) {
        xz[i] += inBias[i];
      }
      System.arraycopy(xz, 0, window[t + KERNEL - 1], 0, INNER);
      double[] x = new double[INNER];
      for (int c = 0; c < INNER; c++) {
        double sum = convolutionBias[c];
        for (int k = 0; k < KERNEL; k++) {
          sum += window[t + k][c] * convolution[c * KERNEL + k];
        }
        x[c] = silu(sum);
      }
      double[] selected = product(selection, x, PROJECTED);
      if (normed) {
        norm(selected, 0, norms[0]);
        norm(selected, RANK, norms[1]);
        norm(selected, RANK + STATE, norms[2]);
      }
      double[] dt = product(steps, Arrays.copyOf(selected, RANK), INNER);
      double[] y = new double[INNER];
      for (int c = 0; c < INNER; c++) {
        double step = Math.log1p(Math.exp(dt[c] + stepBias[c]));
        y[c] = skip[c] * x[c];
        for (int n = 0; n < STATE; n++) {
          int at = c * STATE + n;
          h[at] =
              Math.exp(-Math.exp(logarithms[at]) * step) * h[at] + step * x[c] * selected[RANK + n];
          y[c] += h[at] * selected[RANK + STATE + n];
        }
        y[c] *= silu(xz[INNER + c]);
      }
      System.arraycopy(product(out, y, WIDTH), 0, answer, t * WIDTH, WIDTH);
    }
    return answer;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void equalsItsFormulas(boolean normed) {
    Mamba1Mixer mixer = mixer(normed);
    float[] u = noise.floats(9 * WIDTH, 1);
    float[] actual = new float[9 * WIDTH];
    MixerState[] states = {mixer.newState(new SequenceMemory(0))};
    mixer.forward(u, new int[] {0, 9}, 1, states, actual, scratch);
    double[] expected = plainly(u, 9, normed);
    for (int i = 0; i < expected.length; i++) {
      assertThat((double) actual[i]).as("value " + i).isCloseTo(expected[i], within(5e-6));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void sequencesInAnyCutAndCompanyGiveTheSameBits(boolean normed) {
    Mamba1Mixer mixer = mixer(normed);
    float[] u = noise.floats(7 * WIDTH, 1);
    float[] whole = new float[7 * WIDTH];
    RecurrentState expected = mixer.newState(new SequenceMemory(0));
    mixer.forward(u, new int[] {0, 7}, 1, new MixerState[] {expected}, whole, scratch);
    RecurrentState state = mixer.newState(new SequenceMemory(0));
    float[] cut = new float[7 * WIDTH];
    int from = 0;
    for (int tokens : new int[] {1, 2, 4}) {
      // Between two strangers.
      float[] rows = noise.floats((tokens + 3) * WIDTH, 1);
      System.arraycopy(u, from * WIDTH, rows, 2 * WIDTH, tokens * WIDTH);
      float[] answer = new float[rows.length];
      MixerState[] states = {
        mixer.newState(new SequenceMemory(0)), state, mixer.newState(new SequenceMemory(0))
      };
      mixer.forward(rows, new int[] {0, 2, 2 + tokens, 3 + tokens}, 3, states, answer, scratch);
      System.arraycopy(answer, 2 * WIDTH, cut, from * WIDTH, tokens * WIDTH);
      from += tokens;
      state = state.copy();
    }
    assertThat(cut).isEqualTo(whole);
    assertThat(state.recurrent()).isEqualTo(expected.recurrent()).hasSize(INNER * STATE);
    assertThat(state.convolution()).isEqualTo(expected.convolution()).hasSize((KERNEL - 1) * INNER);
    assertThat(state.bytes()).isEqualTo(4L * (3 * INNER + 32 * STATE));
  }

  @ParameterizedTest
  @ValueSource(ints = {RANK + 1, RANK - 1})
  void shapesMustFit(int rank) {
    assertThatThrownBy(() ->
            new Mamba1Mixer(
                new Mamba1Mixer.Projections(
                    new Linear(PackedMatrix.ofFloats(2 * INNER, WIDTH, in)),
                    new Linear(PackedMatrix.ofFloats(PROJECTED, INNER, selection)),
                    new Linear(PackedMatrix.ofFloats(INNER, rank, new float[INNER * rank])),
                    new Linear(PackedMatrix.ofFloats(WIDTH, INNER, out))),
                new CausalConvolution(convolution, convolutionBias),
                Mamba2Core.rates(logarithms),
                skip,
                Optional.empty()))
        .hasMessageContaining("of rank " + rank);
  }
}
