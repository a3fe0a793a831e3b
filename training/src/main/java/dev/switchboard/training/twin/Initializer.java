package dev.switchboard.training.twin;

import ai.djl.ndarray.types.Shape;
import dev.switchboard.training.twin.Weights.Values;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Starting values. */
final class Initializer {
  private final SplittableRandom random;

  Initializer(SplittableRandom random) {
    this.random = random;
  }

  static Values filled(float value, long... shape) {
    Shape s = new Shape(shape);
    float[] values = new float[Math.toIntExact(s.size())];
    Arrays.fill(values, value);
    return new Values(values, s);
  }

  Values normal(float deviation, long... shape) {
    Values tensor = filled(0, shape);
    for (int i = 0; i < tensor.numbers().length; i++) {
      tensor.numbers()[i] = (float) (deviation * random.nextGaussian());
    }
    return tensor;
  }

  /** log of a uniform number between {@code from} and {@code to}. */
  Values logUniform(float from, float to, long count) {
    Values tensor = filled(0, count);
    for (int i = 0; i < tensor.numbers().length; i++) {
      tensor.numbers()[i] = (float) Math.log(from + (to - from) * random.nextDouble());
    }
    return tensor;
  }

  /**
   * Biases b with softplus(b) spread evenly, by their logarithm, between {@code from} and {@code
   * to}.
   */
  Values stepBias(float from, float to, long count) {
    Values tensor = filled(0, count);
    for (int i = 0; i < tensor.numbers().length; i++) {
      double step = from * Math.pow(to / from, (i + 0.5) / count);
      tensor.numbers()[i] = (float) (step + Math.log(-Math.expm1(-step)));
    }
    return tensor;
  }
}
