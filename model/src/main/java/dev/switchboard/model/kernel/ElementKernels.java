package dev.switchboard.model.kernel;

/**
 * Element-wise functions, checked: what activations, gates, biases and multipliers are made of.
 * Offsets and lengths are in floats; {@link IllegalArgumentException} where something does not lie
 * in its array. exp is our own polynomial (see {@link Kernels}).
 */
public final class ElementKernels {
  private static final ElementSet SET =
      KernelChoice.vectors() ? Vector.make() : new ScalarElements();

  private ElementKernels() {}

  /** Loaded only where the vector module is. */
  private static final class Vector {
    static ElementSet make() {
      return new VectorElements();
    }
  }

  /** 1 / (1 + e^-x) of n values in place. */
  public static void sigmoid(float[] x, int offset, int n) {
    check("x", x, offset, n, "sigmoid");
    SET.sigmoid(x, offset, n);
  }

  /** x / (1 + e^-x) of n values in place. */
  public static void silu(float[] x, int offset, int n) {
    check("x", x, offset, n, "silu");
    SET.silu(x, offset, n);
  }

  /**
   * gelu in its tanh form of n values in place: with t = sqrt(2 / pi) (x + 0.044715 x^3), x (1 +
   * tanh t) / 2, which is x / (1 + e^(-2 t)).
   */
  public static void gelu(float[] x, int offset, int n) {
    check("x", x, offset, n, "gelu");
    SET.gelu(x, offset, n);
  }

  /** out = gelu(gate) * x, n values; see {@link #gelu}. May work in place. */
  // size: arrays and offsets instead of views, nothing is allocated per call
  public static void geluTimes(
      float[] gate, int gateOffset, float[] x, int xOffset, float[] out, int outOffset, int n) {
    check("gate", gate, gateOffset, n, "geluTimes");
    check("x", x, xOffset, n, "geluTimes");
    check("out", out, outOffset, n, "geluTimes");
    SET.geluTimes(gate, gateOffset, x, xOffset, out, outOffset, n);
  }

  /** max(x, 0)^2 of n values in place. */
  public static void reluSquared(float[] x, int offset, int n) {
    check("x", x, offset, n, "reluSquared");
    SET.reluSquared(x, offset, n);
  }

  /**
   * out = g sigmoid(alpha g) (u + 1), n values, where g = min(gate, limit) and u is up within
   * [-limit, limit]. May work in place.
   */
  // size: arrays and offsets instead of views, nothing is allocated per call
  public static void clampedSwiglu(
      float[] gate,
      int gateOffset,
      float[] up,
      int upOffset,
      float limit,
      float alpha,
      float[] out,
      int outOffset,
      int n) {
    check("gate", gate, gateOffset, n, "clampedSwiglu");
    check("up", up, upOffset, n, "clampedSwiglu");
    check("out", out, outOffset, n, "clampedSwiglu");
    SET.clampedSwiglu(gate, gateOffset, up, upOffset, limit, alpha, out, outOffset, n);
  }

  /** x *= factor, n values. */
  public static void multiply(float[] x, int offset, float factor, int n) {
    check("x", x, offset, n, "multiply");
    SET.multiply(x, offset, factor, n);
  }

  /** n values in place, each into [-bound, bound]. */
  public static void clamp(float[] x, int offset, float bound, int n) {
    check("x", x, offset, n, "clamp");
    SET.clamp(x, offset, bound, n);
  }

  /** Adds {@code bias} to each of {@code rows} rows of x {@code [rows, bias.length]}. */
  public static void addBias(float[] x, int offset, int rows, float[] bias) {
    check("x", x, offset, (long) rows * bias.length, "addBias");
    for (int r = 0; r < rows; r++) {
      Kernels.add(x, offset + r * bias.length, bias, 0, bias.length);
    }
  }

  /**
   * Rotary position of one head, in place: pair (i, i + pairs) turns by angle i.
   *
   * @param turns {@code pairs} cosines, then as many sines, from {@code turnsOffset} on
   */
  // size: arrays and offsets instead of views, nothing is allocated per call
  public static void turnHalves(float[] x, int offset, float[] turns, int turnsOffset, int pairs) {
    check("x", x, offset, 2L * pairs, "turnHalves");
    check("turns", turns, turnsOffset, 2L * pairs, "turnHalves");
    for (int i = 0; i < pairs; i++) {
      float a = x[offset + i];
      float b = x[offset + pairs + i];
      float cos = turns[turnsOffset + i];
      float sin = turns[turnsOffset + pairs + i];
      x[offset + i] = a * cos - b * sin;
      x[offset + pairs + i] = b * cos + a * sin;
    }
  }

  /** As {@link #turnHalves}, but pair (2i, 2i + 1) turns by angle i. */
  // size: arrays and offsets instead of views, nothing is allocated per call
  public static void turnNeighbours(
      float[] x, int offset, float[] turns, int turnsOffset, int pairs) {
    check("x", x, offset, 2L * pairs, "turnNeighbours");
    check("turns", turns, turnsOffset, 2L * pairs, "turnNeighbours");
    for (int i = 0; i < pairs; i++) {
      float a = x[offset + 2 * i];
      float b = x[offset + 2 * i + 1];
      float cos = turns[turnsOffset + i];
      float sin = turns[turnsOffset + pairs + i];
      x[offset + 2 * i] = a * cos - b * sin;
      x[offset + 2 * i + 1] = b * cos + a * sin;
    }
  }

  private static void check(String name, float[] array, int offset, long n, String what) {
    if (n < 0 || offset < 0 || offset + n > array.length) {
      throw new IllegalArgumentException(
          what
              + ": "
              + name
              + " ["
              + n
              + "] at offset "
              + offset
              + " does not lie in an array of "
              + array.length);
    }
  }
}
