package dev.switchboard.model.layer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.model.crew.Crew;
import dev.switchboard.model.kernel.Noise;
import dev.switchboard.model.kernel.PackedMatrix;
import dev.switchboard.model.kernel.ScanShape;
import dev.switchboard.model.kernel.Scratch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A crew, and other sequences in the step, do not change a bit of what a recurrent mixer does. */
class RecurrentCrewTest {
  private static final int WIDTH = 16;
  private static final int INNER = 72;
  private static final int STATE = 8;

  /** Tokens of the segments; some are shorter than the convolution reaches. */
  private static final int[] TOKENS = {700, 1, 2, 3, 330, 5};

  private final Noise noise = new Noise(31);

  private Linear linear(int rows, int columns) {
    return new Linear(
        PackedMatrix.ofFloats(rows, columns, noise.floats(rows * columns, 0.3f)),
        noise.floats(rows, 0.2f));
  }

  private CausalConvolution convolution(int channels) {
    return new CausalConvolution(noise.floats(channels * 4, 0.7f), noise.floats(channels, 0.3f));
  }

  private Mixer mamba1() {
    return new Mamba1Mixer(
        new Mamba1Mixer.Projections(
            linear(2 * INNER, WIDTH),
            linear(4 + 2 * STATE, INNER),
            linear(INNER, 4),
            linear(WIDTH, INNER)),
        convolution(INNER),
        Mamba2Core.rates(noise.floats(INNER * STATE, 1)),
        noise.floats(INNER, 1),
        Optional.empty());
  }

  private Mixer mamba2() {
    ScanShape shape = new ScanShape(3, INNER / 3, 4 * STATE, 1);
    Mamba2Core core =
        new Mamba2Core(
            shape,
            Mamba2Core.rates(noise.floats(3, 1)),
            noise.floats(3, 1),
            new Mamba2Core.Steps(noise.floats(3, 1)),
            noise.floats(INNER, 1),
            1e-5f);
    int channels = INNER + 2 * shape.groupWidth();
    return new Mamba2Mixer(
        core, linear(INNER + channels + 3, WIDTH), convolution(channels), linear(WIDTH, INNER));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void giveTheBitsOfOneThreadAndOneSequence(boolean second) {
    Mixer mixer = second ? mamba2() : mamba1();
    int[] starts = new int[TOKENS.length + 1];
    for (int i = 0; i < TOKENS.length; i++) {
      starts[i + 1] = starts[i] + TOKENS[i];
    }
    int rows = starts[TOKENS.length];
    float[] in = noise.floats(rows * WIDTH, 1);
    MixerState[] together = states(mixer);
    float[] actual = new float[rows * WIDTH];
    try (Crew crew = Crew.of("test", 3)) {
      Scratch scratch = new Scratch(crew);
      mixer.forward(in, starts, TOKENS.length, together, actual, scratch);
    }
    MixerState[] apart = states(mixer);
    float[] expected = alone(mixer, in, starts, apart);

    assertThat(Arrays.mismatch(actual, expected)).isEqualTo(-1);
    for (int i = 0; i < TOKENS.length; i++) {
      RecurrentState one = (RecurrentState) together[i];
      RecurrentState other = (RecurrentState) apart[i];
      assertThat(one.recurrent()).as("state %d", i).isEqualTo(other.recurrent());
      assertThat(one.convolution()).as("inputs %d", i).isEqualTo(other.convolution());
    }
  }

  /** Sequence by sequence, in steps of 1, 2, 3 and so on tokens. */
  private static float[] alone(Mixer mixer, float[] in, int[] starts, MixerState[] states) {
    Scratch scratch = new Scratch();
    float[] out = new float[in.length];
    for (int i = 0; i < TOKENS.length; i++) {
      int step = 1;
      for (int row = starts[i]; row < starts[i + 1]; row += step++) {
        int tokens = Math.min(step, starts[i + 1] - row);
        float[] rows = Arrays.copyOfRange(in, row * WIDTH, (row + tokens) * WIDTH);
        float[] result = new float[rows.length];
        mixer.forward(
            rows, new int[] {0, tokens}, 1, new MixerState[] {states[i]}, result, scratch);
        System.arraycopy(result, 0, out, row * WIDTH, result.length);
      }
    }
    return out;
  }

  private static MixerState[] states(Mixer mixer) {
    List<MixerState> states = new ArrayList<>();
    for (int ignored : TOKENS) {
      states.add(mixer.newState(new SequenceMemory(0)));
    }
    return states.toArray(MixerState[]::new);
  }
}
