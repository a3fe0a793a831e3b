package dev.switchboard.training.twin;

import ai.djl.ndarray.types.Shape;
import dev.switchboard.training.twin.Weights.Values;
import java.util.SequencedMap;

/**
 * Weights of one model as the start of another whose networks have more or fewer units inside. A
 * new unit starts with random inputs and with outputs of zero, so that it changes no answer.
 */
public final class Growth {
  private Growth() {}

  /**
   * Lays {@code old} over {@code fresh}: equal shapes are taken whole, of networks the units that
   * both have.
   *
   * @throws IllegalArgumentException if the models differ in more than their networks' widths
   */
  public static void lay(SequencedMap<String, Values> old, SequencedMap<String, Values> fresh) {
    fresh.forEach((name, target) -> {
      Values source = old.get(name);
      if (source == null) {
        throw new IllegalArgumentException("the model to start from has no " + name);
      }
      Shape from = source.shape();
      Shape to = target.shape();
      if (from.equals(to)) {
        System.arraycopy(source.numbers(), 0, target.numbers(), 0, target.numbers().length);
      } else if (name.endsWith("_in") && sameBut(from, to, 2)) {
        copyUnits(source, target, from.get(from.dimension() - 1));
      } else if (name.endsWith("_out") && sameBut(from, to, 1)) {
        copyUnits(source, target, 1);
      } else {
        throw new IllegalArgumentException(
            name + " has the shape " + from + " in the model to start from, here " + to);
      }
    });
  }

  /** Whether two shapes are equal but for the axis so far from the end. */
  private static boolean sameBut(Shape a, Shape b, int fromEnd) {
    if (a.dimension() != b.dimension()) {
      return false;
    }
    for (int i = 0; i < a.dimension(); i++) {
      if (i != a.dimension() - fromEnd && a.get(i) != b.get(i)) {
        return false;
      }
    }
    return true;
  }

  /** Both arrays are rows of units of {@code inner} numbers; of each row the first units. */
  private static void copyUnits(Values source, Values target, long inner) {
    int axis = source.shape().dimension() - (inner == 1 ? 1 : 2);
    int from = Math.toIntExact(source.shape().get(axis) * inner);
    int to = Math.toIntExact(target.shape().get(axis) * inner);
    int common = Math.min(from, to);
    for (int row = 0; row * from < source.numbers().length; row++) {
      System.arraycopy(source.numbers(), row * from, target.numbers(), row * to, common);
    }
  }
}
