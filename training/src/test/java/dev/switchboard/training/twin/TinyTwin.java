package dev.switchboard.training.twin;

import dev.switchboard.training.twin.Weights.Values;
import java.util.List;
import java.util.SequencedMap;
import java.util.SplittableRandom;

/** A model that is small in every direction, with nothing in it zero or one. */
public final class TinyTwin {
  public static final TwinConfig CONFIG =
      new TwinConfig(60, 16, 2, 2, 8, 8, 4, 24, 12, List.of("a", "b", "c"));

  /** The same with experts that keep a state. */
  public static final TwinConfig MAMBA =
      CONFIG.with(new Backbone.Mamba(2, 6, 5), List.of("a", "b", "c"));

  private TinyTwin() {}

  /** Starting values with noise on them, so that no path is silent. */
  public static SequencedMap<String, Values> weights(long seed) {
    return weights(CONFIG, seed);
  }

  public static SequencedMap<String, Values> weights(TwinConfig config, long seed) {
    SequencedMap<String, Values> all = Weights.initialValues(config, seed);
    SplittableRandom random = new SplittableRandom(seed + 1);
    all.forEach((name, values) -> {
      if (!name.endsWith("decay")) {
        for (int i = 0; i < values.numbers().length; i++) {
          values.numbers()[i] += (float) (0.1 * random.nextGaussian());
        }
      }
    });
    return all;
  }
}
