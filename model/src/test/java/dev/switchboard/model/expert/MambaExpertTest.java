package dev.switchboard.model.expert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.model.kernel.Noise;
import dev.switchboard.model.kernel.PackedMatrix;
import dev.switchboard.model.kernel.ScanShape;
import dev.switchboard.model.kernel.Scratch;
import dev.switchboard.model.layer.Mamba2Core;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class MambaExpertTest {
  private static final int WIDTH = 10;
  private static final ScanShape SHAPE = new ScanShape(2, 20, 6, 1);
  private static final int INNER = 40;
  private static final int PROJECTED = 2 * INNER + 2 * 6 + 2;

  private final Noise noise = new Noise(4);
  private final Scratch scratch = new Scratch();
  private final float[] inWeights = noise.floats(PROJECTED * WIDTH, 0.6f);
  private final float[] outWeights = noise.floats(WIDTH * INNER, 0.5f);
  private final float[] aLog = noise.floats(2, 1);
  private final float[] skip = noise.floats(2, 1);
  private final float[] stepBias = noise.floats(2, 1);
  private final float[] norm = noise.floats(INNER, 1);
  private final MambaExpert expert =
      new MambaExpert(
          new Mamba2Core(
              SHAPE, Mamba2Core.rates(aLog), skip, new Mamba2Core.Steps(stepBias), norm, 1e-5f),
          PackedMatrix.ofFloats(PROJECTED, WIDTH, inWeights),
          PackedMatrix.ofFloats(WIDTH, INNER, outWeights));

  private float[] run(float[] in, ExpertState state) {
    float[] out = new float[in.length];
    expert.forward(in, 0, in.length / WIDTH, state, out, 0, scratch);
    return out;
  }

  /**
   * A second implementation, in double: every token of the sequence passes through the recurrence,
   * those routed elsewhere with dt = 0.
   */
  private double[] masked(float[] in, boolean[] routed) {
    int tokens = routed.length;
    double[] out = new double[tokens * WIDTH];
    double[][] state = new double[INNER][6];
    for (int t = 0; t < tokens; t++) {
      double[] p = new double[PROJECTED];
      for (int i = 0; i < PROJECTED * WIDTH; i++) {
        p[i / WIDTH] += (double) inWeights[i] * in[t * WIDTH + i % WIDTH];
      }
      double[] y = new double[INNER];
      double squares = 0;
      for (int c = 0; c < INNER; c++) {
        int head = c / 20;
        double raw = p[PROJECTED - 2 + head] + stepBias[head];
        double dt = routed[t] ? Math.log1p(Math.exp(raw)) : 0;
        double decay = Math.exp(-Math.exp(aLog[head]) * dt);
        double x = p[INNER + c];
        y[c] = skip[head] * x;
        for (int n = 0; n < 6; n++) {
          state[c][n] = decay * state[c][n] + dt * x * p[2 * INNER + n];
          y[c] += state[c][n] * p[2 * INNER + 6 + n];
        }
        y[c] *= p[c] / (1 + Math.exp(-p[c]));
        squares += y[c] * y[c];
      }
      for (int i = 0; i < WIDTH * INNER; i++) {
        int c = i % INNER;
        out[t * WIDTH + i / INNER] +=
            outWeights[i] * y[c] * norm[c] / Math.sqrt(squares / INNER + 1e-5);
      }
    }
    return out;
  }

  @Test
  void gapsAreStepsOfSizeZero() {
    int tokens = 12;
    float[] in = noise.floats(tokens * WIDTH, 1);
    boolean[] routed = new boolean[tokens];
    float[] mine = new float[tokens * WIDTH];
    int count = 0;
    for (int t = 0; t < tokens; t++) {
      routed[t] = t % 3 != 1;
      if (routed[t]) {
        System.arraycopy(in, t * WIDTH, mine, count++ * WIDTH, WIDTH);
      }
    }
    double[] wanted = masked(in, routed);
    ExpertState state = expert.newState();
    float[] out = run(Arrays.copyOf(mine, count * WIDTH), state);
    assertThat(state.version()).isEqualTo(count);
    int at = 0;
    for (int t = 0; t < tokens; t++) {
      for (int i = 0; i < WIDTH && routed[t]; i++, at++) {
        assertThat((double) out[at])
            .isCloseTo(wanted[t * WIDTH + i], org.assertj.core.data.Offset.offset(1e-5));
      }
    }
  }

  @Test
  void anyCutGivesTheSameBits() {
    float[] in = noise.floats(11 * WIDTH, 1);
    ExpertState whole = expert.newState();
    float[] expected = run(in, whole);
    for (int chunk : new int[] {1, 2, 5}) {
      ExpertState state = expert.newState();
      float[] out = new float[in.length];
      for (int from = 0; from < 11; from += chunk) {
        int rows = Math.min(chunk, 11 - from);
        expert.forward(in, from * WIDTH, rows, state, out, from * WIDTH, scratch);
      }
      assertThat(out).isEqualTo(expected);
      assertThat(state.toBytes()).isEqualTo(whole.toBytes());
    }
  }

  @Test
  void aStateTravelsAsBytes() {
    float[] in = noise.floats(5 * WIDTH, 1);
    ExpertState state = expert.newState();
    run(in, state);
    ExpertState copy = state.copy();
    ExpertState read = expert.readState(state.toBytes());
    assertThat(read.version()).isEqualTo(5);
    float[] expected = run(in, state);
    assertThat(run(in, copy)).isEqualTo(expected);
    assertThat(run(in, read)).isEqualTo(expected);
    assertThat(read.version()).isEqualTo(10);
    assertThat(read.toBytes()).isEqualTo(state.toBytes());
    assertThat(run(in, expert.newState())).isNotEqualTo(expected);
  }

  @Test
  void foreignStatesAreRefused() {
    byte[] bytes = expert.newState().toBytes();
    assertThatThrownBy(() -> expert.readState(Arrays.copyOf(bytes, bytes.length - 1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(bytes.length - 1 + " bytes")
        .hasMessageContaining(bytes.length + "");
    byte[] otherFormat = bytes.clone();
    otherFormat[4] = 9;
    assertThatThrownBy(() -> expert.readState(otherFormat)).hasMessageContaining("format 9");
    byte[] otherShape = bytes.clone();
    otherShape[8] = 1;
    otherShape[12] = 40;
    assertThatThrownBy(() -> expert.readState(otherShape)).hasMessageContaining("headDim=40");
    assertThatThrownBy(() -> run(new float[WIDTH], ExpertState.NONE))
        .hasMessageContaining("expected one of ScanShape");
  }

  @Test
  void countsItsWork() {
    assertThat(expert.multiplyAddsPerRow())
        .isEqualTo((long) PROJECTED * WIDTH + WIDTH * INNER + 2 * INNER * 6);
    assertThat(expert.stateful()).isTrue();
    assertThat(expert.dModel()).isEqualTo(WIDTH);
    expert.warm(2, 3, scratch);
  }
}
