package dev.switchboard.training.twin;

import ai.djl.ndarray.types.Shape;
import dev.switchboard.training.twin.Weights.Values;
import java.util.SequencedMap;

/**
 * Where experts part: the last units of each layer's shared network become units of every expert,
 * the same ones in each. The sum over units is the same as before, so no answer changes; from then
 * on each expert's copy can learn alone.
 */
public final class Branch {
  private Branch() {}

  /** Sizes after {@code units} of the shared network have moved. */
  public static TwinConfig config(TwinConfig c, int units) {
    if (units <= 0 || units >= c.sharedWidth()) {
      throw new IllegalArgumentException(
          "%d units of a shared network of %d: expected 1 to %d"
              .formatted(units, c.sharedWidth(), c.sharedWidth() - 1));
    }
    return new TwinConfig(
        c.vocab(),
        c.width(),
        c.layers(),
        c.heads(),
        c.headDim(),
        c.state(),
        c.kernel(),
        c.sharedWidth() - units,
        c.expertWidth() + units,
        c.experts());
  }

  /** Moves them, in place. */
  public static void move(TwinConfig c, int units, SequencedMap<String, Values> weights) {
    for (int layer = 0; layer < c.layers(); layer++) {
      Cut cut = new Cut(c, units, "layers." + layer + ".");
      cut.move(weights, "_in", c.width());
      cut.move(weights, "_out", 1);
    }
  }

  /** One layer's networks. */
  private record Cut(TwinConfig c, int units, String prefix) {
    /** Arrays are rows of units of {@code size} numbers; a shared row's tail goes to experts. */
    void move(SequencedMap<String, Values> weights, String kind, int size) {
      Values shared = value(weights, prefix + "shared" + kind);
      Values experts = value(weights, prefix + "expert" + kind);
      int kept = (c.sharedWidth() - units) * size;
      int moved = units * size;
      int own = c.expertWidth() * size;
      int rows = shared.numbers().length / (kept + moved);
      float[] left = new float[rows * kept];
      float[] grown = new float[c.expertCount() * rows * (own + moved)];
      for (int row = 0; row < rows; row++) {
        int from = row * (kept + moved);
        System.arraycopy(shared.numbers(), from, left, row * kept, kept);
        for (int e = 0; e < c.expertCount(); e++) {
          int at = (e * rows + row) * (own + moved);
          System.arraycopy(experts.numbers(), (e * rows + row) * own, grown, at, own);
          System.arraycopy(shared.numbers(), from + kept, grown, at + own, moved);
        }
      }
      put(weights, kind, left, grown);
    }

    private void put(
        SequencedMap<String, Values> weights, String kind, float[] shared, float[] experts) {
      long d = c.width();
      long e = c.expertCount();
      long narrow = c.sharedWidth() - units;
      long wide = c.expertWidth() + units;
      boolean in = kind.equals("_in");
      weights.put(
          prefix + "shared" + kind,
          new Values(shared, in ? new Shape(2, narrow, d) : new Shape(d, narrow)));
      weights.put(
          prefix + "expert" + kind,
          new Values(experts, in ? new Shape(e, 2, wide, d) : new Shape(e, d, wide)));
    }
  }

  private static Values value(SequencedMap<String, Values> weights, String name) {
    Values found = weights.get(name);
    if (found == null) {
      throw new IllegalArgumentException("no weight " + name);
    }
    return found;
  }
}
