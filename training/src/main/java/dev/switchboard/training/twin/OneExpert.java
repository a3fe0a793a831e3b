package dev.switchboard.training.twin;

import ai.djl.ndarray.types.Shape;
import dev.switchboard.training.twin.Weights.Values;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/** A model cut down to its trunk and one of its experts, and that expert put back. */
public final class OneExpert {
  private static final String EXPERT = ".expert_";
  private static final String GATE = ".gate";

  private OneExpert() {}

  /** Sizes of the model that is left. */
  public static TwinConfig config(TwinConfig all, int expert) {
    return all.with(all.backbone(), List.of(all.experts().get(expert)));
  }

  /** The weights that are left; those of the trunk are the same arrays. */
  public static SequencedMap<String, Values> cut(
      TwinConfig all, SequencedMap<String, Values> weights, int expert) {
    SequencedMap<String, Values> left = new LinkedHashMap<>();
    weights.forEach((name, values) ->
        left.put(
            name,
            name.contains(EXPERT) || name.endsWith(GATE)
                ? part(values, all.expertCount(), expert)
                : values));
    return left;
  }

  /** Puts the expert's tensors among those of all, in place; everything else stays. */
  public static void put(
      TwinConfig all,
      SequencedMap<String, Values> weights,
      int expert,
      SequencedMap<String, Values> one) {
    weights.forEach((name, values) -> {
      Values mine = one.get(name);
      if (name.contains(EXPERT) && mine != null) {
        int size = values.numbers().length / all.expertCount();
        System.arraycopy(mine.numbers(), 0, values.numbers(), expert * size, size);
      }
    });
  }

  /** Whether a weight is an expert's. */
  public static boolean owns(String name) {
    return name.contains(EXPERT);
  }

  /** One entry along the first axis, which stays. */
  private static Values part(Values values, int parts, int index) {
    int size = values.numbers().length / parts;
    long[] shape = values.shape().getShape().clone();
    shape[0] = 1;
    return new Values(
        Arrays.copyOfRange(values.numbers(), index * size, (index + 1) * size), new Shape(shape));
  }
}
