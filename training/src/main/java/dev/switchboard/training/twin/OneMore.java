package dev.switchboard.training.twin;

import ai.djl.ndarray.types.Shape;
import dev.switchboard.training.twin.Weights.Values;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;

/** A model with one more expert, behind those that it has. */
public final class OneMore {
  private OneMore() {}

  public static TwinConfig config(TwinConfig c, String name) {
    List<String> experts = new ArrayList<>(c.experts());
    experts.add(name);
    return with(c, experts);
  }

  /** The same sizes with that expert alone. */
  public static TwinConfig alone(TwinConfig c, String name) {
    return with(c, List.of(name));
  }

  private static TwinConfig with(TwinConfig c, List<String> experts) {
    return new TwinConfig(
        c.vocab(),
        c.width(),
        c.layers(),
        c.heads(),
        c.headDim(),
        c.state(),
        c.kernel(),
        c.sharedWidth(),
        c.expertWidth(),
        experts);
  }

  /**
   * The model's weights with the new expert's.
   *
   * @param expert its tensors, {@code [1, ...]} each
   * @param like expert whose gate column the new one begins as a copy of
   */
  public static SequencedMap<String, Values> weights(
      TwinConfig c, SequencedMap<String, Values> weights, Map<String, Values> expert, int like) {
    SequencedMap<String, Values> grown = new LinkedHashMap<>(weights);
    expert.forEach((name, values) ->
        grown.put(name, behind(Objects.requireNonNull(weights.get(name), name), values.numbers())));
    for (int layer = 0; layer < c.layers(); layer++) {
      String name = "layers." + layer + ".gate";
      Values gate = Objects.requireNonNull(weights.get(name), name);
      float[] row = Arrays.copyOfRange(gate.numbers(), like * c.width(), (like + 1) * c.width());
      grown.put(name, behind(gate, row));
    }
    return grown;
  }

  private static Values behind(Values before, float[] one) {
    float[] all = Arrays.copyOf(before.numbers(), before.numbers().length + one.length);
    System.arraycopy(one, 0, all, before.numbers().length, one.length);
    long[] shape = before.shape().getShape().clone();
    shape[0]++;
    return new Values(all, new Shape(shape));
  }
}
