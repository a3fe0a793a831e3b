package dev.switchboard.benchmarks;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Several measurements of one thing: the median, and how far the others lie from it. */
record Spread(double median, double min, double max, int runs) {
  static Spread of(List<Double> values) {
    if (values.isEmpty()) {
      throw new IllegalArgumentException("no measurement: at least one run is needed");
    }
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    int middle = sorted.length / 2;
    double median =
        sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    return new Spread(median, sorted[0], Arrays.stream(sorted).max().orElseThrow(), sorted.length);
  }

  /** Of one value to the other's of the same number. */
  static Spread ofRatios(List<Double> values, List<Double> others) {
    return of(
        IntStream.range(0, values.size()).mapToObj(i -> values.get(i) / others.get(i)).toList());
  }

  /** For people: {@code 812 (790 to 830)}. */
  String text() {
    return "%.0f (%.0f to %.0f)".formatted(median, min, max);
  }
}
