package dev.switchboard.training.routes;

import java.util.Arrays;

/**
 * How evenly a layer's tokens fall on its experts.
 *
 * @param mostByMean tokens of the busiest expert by the mean
 * @param variation standard deviation by the mean
 * @param unused experts without a token
 */
public record Load(double mostByMean, double variation, int unused) {
  /** Of one layer's counts. */
  public static Load of(long[] tokens) {
    double mean = Arrays.stream(tokens).average().orElse(0);
    if (mean == 0) {
      return new Load(0, 0, tokens.length);
    }
    double squares = Arrays.stream(tokens).mapToDouble(n -> (n - mean) * (n - mean)).sum();
    return new Load(
        Arrays.stream(tokens).max().orElse(0) / mean,
        Math.sqrt(squares / tokens.length) / mean,
        (int) Arrays.stream(tokens).filter(n -> n == 0).count());
  }
}
