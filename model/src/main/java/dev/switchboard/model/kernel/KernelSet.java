package dev.switchboard.model.kernel;

/**
 * One implementation of the arithmetic. All give the same bits: each output of a product is summed
 * over ascending inputs with fma from +0; sums within a row use 16 virtual lanes (element i goes to
 * partial i mod 16) and one fixed tree; products of codes as {@link ScalarCodes} says. Arguments
 * have been checked by {@link Kernels}.
 */
interface KernelSet {
  int VIRTUAL_LANES = 16;

  /** Rows that one register block computes at most. */
  int MAX_ROW_BLOCK = 6;

  /** For people: "vector 512-bit", "scalar". */
  String describe();

  /**
   * y = x w^T for the outputs of some panels: row r's output l of panel p goes to {@code y[yOffset
   * + r * yStride + (p - firstPanel) * 64 + l]}.
   *
   * @param x {@code [rows, w.columns]}, rows {@code xStride} apart
   */
  // size: arrays and offsets instead of views, nothing is allocated per call
  void matmul(
      PackedMatrix w,
      int firstPanel,
      int panels,
      float[] x,
      int xOffset,
      int xStride,
      int rows,
      float[] y,
      int yOffset,
      int yStride,
      Scratch scratch);

  /**
   * Fills codes, scales and sums of some rows and blocks of {@code out}, whose shape is set.
   *
   * @param x the first of these rows' first of these blocks at {@code xOffset}, rows {@code
   *     xStride} apart
   */
  // size: arrays and offsets instead of views, nothing is allocated per call
  void quantise(
      float[] x,
      int xOffset,
      int xStride,
      ActivationCodes out,
      int firstRow,
      int rows,
      int firstBlock,
      int blocks);

  /**
   * Called by one thread before several compute products of {@code w} with {@code x}: the time to
   * derive from the codes what all of them read.
   */
  default void prepare(PackedMatrix w, ActivationCodes x) {}

  /** The same as the product of floats, of some rows of x, which are codes. */
  // size: arrays and offsets instead of views, nothing is allocated per call
  void matmul(
      PackedMatrix w,
      int firstPanel,
      int panels,
      ActivationCodes x,
      int firstRow,
      int rows,
      float[] y,
      int yOffset,
      int yStride,
      Scratch scratch);

  /** Sum of squares of n values: 16 virtual lanes, fixed tree. */
  float sumOfSquares(float[] x, int offset, int n, Scratch scratch);

  /** out = (x * scale) * weight. */
  // size: arrays and offsets instead of views, nothing is allocated per call
  void scale(
      float[] x,
      int xOffset,
      float scale,
      float[] weight,
      int weightOffset,
      float[] out,
      int outOffset,
      int n);

  /** y += x. */
  void add(float[] y, int yOffset, float[] x, int xOffset, int n);

  /** y = fma(weight, x, y). */
  // size: arrays and offsets instead of views, nothing is allocated per call
  void multiplyAdd(float weight, float[] x, int xOffset, float[] y, int yOffset, int n);

  /** out = silu(gate) * x. */
  // size: arrays and offsets instead of views, nothing is allocated per call
  void siluTimes(
      float[] gate, int gateOffset, float[] x, int xOffset, float[] out, int outOffset, int n);

  /** In place. */
  void exp(float[] x, int offset, int n);

  /** In place. */
  void softplus(float[] x, int offset, int n);

  /**
   * One token of a causal depthwise convolution with silu: out[c] = silu((sum over k ascending of
   * window[k][c] weight[k][c]) + bias[c]); the window's rows are {@code windowStride} apart.
   */
  // size: arrays and offsets instead of views, nothing is allocated per call
  void convSilu(
      float[] window,
      int windowOffset,
      int windowStride,
      float[] weight,
      float[] bias,
      int kernel,
      float[] out,
      int outOffset);

  /**
   * The recurrence of some heads: h = fma(a, h, (dt x) B); y = fma(D, x, sum over n ascending of h
   * C).
   */
  // size: arrays and offsets instead of views, nothing is allocated per call
  void scan(
      ScanShape shape,
      ScanInput in,
      int tokens,
      int firstHead,
      int heads,
      float[] state,
      float[] y,
      int yOffset);

  /** Index (from {@code offset} on) of the first value that is NaN or infinite; -1 if none. */
  int firstNonFinite(float[] x, int offset, int n);
}
