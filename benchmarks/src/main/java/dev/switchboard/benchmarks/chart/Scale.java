package dev.switchboard.benchmarks.chart;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A logarithmic axis of whole decades.
 *
 * @param low the exponent of ten that it begins with
 * @param high the one that it ends with
 */
record Scale(int low, int high) {
  /**
   * The decades that hold the values, at least one.
   *
   * @throws IllegalArgumentException for a value that has no logarithm
   */
  static Scale of(double[] values) {
    for (double value : values) {
      if (!(value > 0) || Double.isInfinite(value)) {
        throw new IllegalArgumentException(value + " on a logarithmic axis");
      }
    }
    double least = Arrays.stream(values).min().orElse(1);
    double most = Arrays.stream(values).max().orElse(10);
    int from = (int) Math.floor(Math.log10(least) + 1e-9);
    int to = (int) Math.ceil(Math.log10(most) - 1e-9);
    return new Scale(from, Math.max(to, from + 1));
  }

  /** From 0 at the beginning to 1 at the end. */
  double share(double value) {
    return (Math.log10(value) - low) / (high - low);
  }

  List<Double> ticks() {
    List<Double> ticks = new ArrayList<>();
    for (int exponent = low; exponent <= high; exponent++) {
      ticks.add(Math.pow(10, exponent));
    }
    return ticks;
  }
}
