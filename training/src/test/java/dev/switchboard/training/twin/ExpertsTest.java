package dev.switchboard.training.twin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.switchboard.training.twin.Router.Layer;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The three ways to ask the experts of a layer agree where they mean the same. */
class ExpertsTest {
  private static final int SEQUENCES = 3;
  private static final int LENGTH = 128;

  static Stream<TwinConfig> configs() {
    return Stream.of(TinyTwin.CONFIG, TinyTwin.MAMBA);
  }

  @ParameterizedTest
  @MethodSource("configs")
  void whoseTokensLieTogetherNeedsNoMix(TwinConfig config) {
    long[] choice = new long[SEQUENCES * LENGTH];
    for (int row = 0; row < choice.length; row++) {
      choice[row] = row / LENGTH;
    }
    List<float[]> found = ask(config, choice);
    assertClose(found.get(1), found.get(0));
    assertClose(found.get(2), found.get(0));
  }

  @ParameterizedTest
  @MethodSource("configs")
  void aMixOfOnesAndZerosIsAChoice(TwinConfig config) {
    SplittableRandom random = new SplittableRandom(8);
    long[] choice = random.longs(SEQUENCES * LENGTH, 0, config.expertCount()).toArray();
    List<float[]> found = ask(config, choice);
    assertClose(found.get(2), found.get(1));
    assertThat(found.get(0)).isNotEqualTo(found.get(1));
    long[] alone = new long[choice.length];
    Arrays.fill(alone, 2); // an expert that nobody else takes tokens from, and two that get none
    List<float[]> one = ask(config, alone);
    assertClose(one.get(2), one.get(1));
  }

  /** By parts, mixed, chosen. */
  private static List<float[]> ask(TwinConfig config, long[] choice) {
    Torch.start();
    try (NDManager manager = NDManager.newBaseManager("PyTorch");
        Weights weights = new Weights(manager)) {
      TinyTwin.weights(config, 5).forEach((name, values) -> weights.put(name, values, false));
      NDManager step = weights.newStep();
      Layer layer = new Layer(config, weights.bind(step), 1, SEQUENCES, LENGTH);
      SplittableRandom random = new SplittableRandom(6);
      float[] numbers = new float[choice.length * config.width()];
      for (int i = 0; i < numbers.length; i++) {
        numbers[i] = (float) random.nextGaussian();
      }
      NDArray u = step.create(numbers, new Shape(choice.length, config.width()));
      NDArray chosen = step.create(choice);
      return List.of(
          Experts.parts(layer, 0, config.expertCount(), u).toFloatArray(),
          Experts.mixed(layer, u, chosen.oneHot(config.expertCount())).toFloatArray(),
          Experts.chosen(layer, u, chosen).toFloatArray());
    }
  }

  private static void assertClose(float[] found, float[] expected) {
    assertThat(found).hasSameSizeAs(expected);
    for (int i = 0; i < expected.length; i++) {
      assertThat(found[i]).isCloseTo(expected[i], within(1e-5f));
    }
  }
}
