package dev.switchboard.model.layer;

/** Attention by its definition, in double precision, row by row. */
final class PlainAttention {
  private PlainAttention() {}

  /** {@code weight} row-major {@code [out, in]}. */
  static double[] linear(float[] weight, float[] bias, double[] x) {
    double[] y = new double[weight.length / x.length];
    for (int o = 0; o < y.length; o++) {
      for (int i = 0; i < x.length; i++) {
        y[o] += (double) weight[o * x.length + i] * x[i];
      }
      y[o] += bias.length > 0 ? bias[o] : 0;
    }
    return y;
  }

  /** Each slice of the norm's width by itself. */
  static double[] norm(float[] weight, double eps, double[] x, int from, int to) {
    double[] y = x.clone();
    for (int start = from; start < to; start += weight.length) {
      double squares = 0;
      for (int i = 0; i < weight.length; i++) {
        squares += x[start + i] * x[start + i];
      }
      for (int i = 0; i < weight.length; i++) {
        y[start + i] = x[start + i] * weight[i] / Math.sqrt(squares / weight.length + eps);
      }
    }
    return y;
  }

  /** Turns {@code dims} values from {@code at} on, halves or neighbours, base 10,000. */
  static void turn(double[] x, int at, int dims, boolean neighbours, int position) {
    for (int i = 0; i < dims / 2; i++) {
      int first = at + (neighbours ? 2 * i : i);
      int second = at + (neighbours ? 2 * i + 1 : i + dims / 2);
      double angle = position * Math.pow(10_000, -2.0 * i / dims);
      double a = x[first];
      double b = x[second];
      x[first] = a * Math.cos(angle) - b * Math.sin(angle);
      x[second] = b * Math.cos(angle) + a * Math.sin(angle);
    }
  }

  /** Weights of keys {@code first} to {@code scores.length}; a sink of NaN is none. */
  static double[] softmax(double[] scores, int first, double sink) {
    double max = Double.isNaN(sink) ? Double.NEGATIVE_INFINITY : sink;
    for (int j = first; j < scores.length; j++) {
      max = Math.max(max, scores[j]);
    }
    double sum = Double.isNaN(sink) ? 0 : Math.exp(sink - max);
    double[] weights = new double[scores.length];
    for (int j = first; j < scores.length; j++) {
      weights[j] = Math.exp(scores[j] - max);
      sum += weights[j];
    }
    for (int j = first; j < scores.length; j++) {
      weights[j] /= sum;
    }
    return weights;
  }

  static double dot(double[] x, int xOffset, double[] y, int yOffset, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) {
      sum += x[xOffset + i] * y[yOffset + i];
    }
    return sum;
  }
}
