package dev.switchboard.benchmarks;

import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * Least squares of the time of a token over its position: a constant for a state of constant size,
 * a line for attention. Residuals are counted relative to the time, so that short lengths count as
 * much as long ones. The time to read all tokens up to a length is its integral, a quadratic.
 *
 * @param nanos of a token at position 0
 * @param nanosPerPosition added by each token before it
 */
record ContextFit(double nanos, double nanosPerPosition) {
  static ContextFit of(List<ContextPoint> points) {
    return of(points, point -> point.nanosPerToken().median());
  }

  /** Of tokens that come one by one; all points have timed some. */
  static ContextFit ofGeneration(List<ContextPoint> points) {
    return of(points, point -> point.generateNanosPerToken().map(Spread::median).orElse(0.0));
  }

  private static ContextFit of(List<ContextPoint> points, ToDoubleFunction<ContextPoint> time) {
    double sumW = 0;
    double sumX = 0;
    double sumY = 0;
    double sumXx = 0;
    double sumXy = 0;
    for (ContextPoint point : points) {
      double x = point.tokens() - ContextLengths.WINDOW / 2.0;
      double y = time.applyAsDouble(point);
      double w = y == 0 ? 0 : 1 / (y * y);
      sumW += w;
      sumX += w * x;
      sumY += w * y;
      sumXx += w * x * x;
      sumXy += w * x * y;
    }
    double determinant = sumW * sumXx - sumX * sumX;
    if (!(determinant > 0)) {
      return new ContextFit(sumW == 0 ? 0 : sumY / sumW, 0);
    }
    double slope = (sumW * sumXy - sumX * sumY) / determinant;
    return new ContextFit((sumY - slope * sumX) / sumW, slope);
  }

  double nanosAt(long position) {
    return nanos + nanosPerPosition * position;
  }

  /** Nanoseconds for all tokens up to a length. */
  double readNanos(long tokens) {
    return nanos * tokens + nanosPerPosition * tokens * tokens / 2;
  }
}
