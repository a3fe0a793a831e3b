package dev.switchboard.training.run;

import ai.djl.ndarray.types.Shape;
import dev.switchboard.training.twin.TwinConfig;
import dev.switchboard.training.twin.Weights.Values;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;

/**
 * What a new expert may begin as: a copy of an expert that there is, or the mean of them all. Each
 * as the weights of a model with that expert alone.
 */
final class ExpertStart {
  static final String MEAN = "mean";

  private ExpertStart() {}

  /** The experts' tensors of every beginning, by its name. */
  static SequencedMap<String, Map<String, Values>> all(
      TwinConfig config, SequencedMap<String, Values> weights) {
    SequencedMap<String, Map<String, Values>> starts = new LinkedHashMap<>();
    for (int e = 0; e < config.expertCount(); e++) {
      int expert = e;
      starts.put(config.experts().get(e), tensors(config, weights, all -> part(all, expert)));
    }
    starts.put(MEAN, tensors(config, weights, ExpertStart::mean));
    return starts;
  }

  private interface Pick {
    Values of(Values all);
  }

  private static Map<String, Values> tensors(
      TwinConfig config, SequencedMap<String, Values> weights, Pick pick) {
    Map<String, Values> picked = new LinkedHashMap<>();
    for (int layer = 0; layer < config.layers(); layer++) {
      for (String kind : List.of("expert_in", "expert_out")) {
        String name = "layers." + layer + "." + kind;
        picked.put(name, pick.of(Objects.requireNonNull(weights.get(name), name)));
      }
    }
    return picked;
  }

  /** {@code [E, ...] -> [1, ...]}. */
  private static Values part(Values all, int expert) {
    int size = all.numbers().length / (int) all.shape().get(0);
    float[] one = Arrays.copyOfRange(all.numbers(), expert * size, (expert + 1) * size);
    return new Values(one, single(all.shape()));
  }

  private static Values mean(Values all) {
    int experts = (int) all.shape().get(0);
    int size = all.numbers().length / experts;
    float[] mean = new float[size];
    for (int e = 0; e < experts; e++) {
      for (int i = 0; i < size; i++) {
        mean[i] += all.numbers()[e * size + i] / experts;
      }
    }
    return new Values(mean, single(all.shape()));
  }

  private static Shape single(Shape of) {
    long[] shape = of.getShape().clone();
    shape[0] = 1;
    return new Shape(shape);
  }
}
