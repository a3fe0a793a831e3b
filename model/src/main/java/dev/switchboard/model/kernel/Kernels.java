package dev.switchboard.model.kernel;

import java.util.Arrays;
import java.util.List;

/**
 * The arithmetic of this process, checked: a mismatch of shapes throws {@link
 * IllegalArgumentException} naming both. All matrices are row-major; offsets and lengths are in
 * floats. Any caller gets the same bits, whatever the vector width, and however rows are grouped
 * into calls.
 */
public final class Kernels {
  private static final KernelSet SET = KernelChoice.choose();

  private Kernels() {}

  /** What computes, for people: "vector 512-bit", "scalar". */
  public static String describe() {
    return SET.describe();
  }

  /** The same, for programs. */
  public static KernelFacts facts() {
    boolean vectors = KernelChoice.vectors();
    return new KernelFacts(
        areNative() ? "native" : vectors ? "java" : "scalar",
        SET instanceof NativeKernels with ? with.form() : "",
        vectors ? KernelChoice.vectorBits() : 0,
        ProcessorFeatures.of(ProcessorFeatures.INFO));
  }

  /** Whether the native library is in use. */
  static boolean areNative() {
    return SET instanceof NativeKernels;
  }

  /** Lets the compiler see each kernel, on tiny shapes: some tenths of a second of one core. */
  public static void warm() {
    new KernelWarmup(SET).run();
  }

  /**
   * Settings of this process that change the bits of results, as {@code name=value}; empty by
   * default. Peers must agree on them. {@code activations=float}: weights of block types are
   * widened exactly and meet F32 activations, instead of codes ({@code
   * -Dswitchboard.activations=float}). {@code bf16=dot}: activations are rounded to BF16 where they
   * meet weights of BF16 ({@code -Dswitchboard.bf16=dot}).
   */
  public static List<String> arithmeticOptions() {
    return ArithmeticOptions.list();
  }

  /** Of those, what concerns keys and values alone: no matter between peers. */
  public static List<String> keyValueOptions() {
    return ArithmeticOptions.KEYS_AND_VALUES == KvType.F32 ? List.of() : List.of("kv=f16");
  }

  /**
   * y {@code [rows, w.rows()]} = x {@code [rows, w.columns()]} times w transposed. Where {@link
   * PackedMatrix#activationBlock()} is 0, the weights are widened exactly and every output is a sum
   * over ascending columns with fma from +0. Otherwise x is quantised first; to do that once for
   * several matrices, see {@link #quantise}.
   */
  // size: arrays and offsets instead of views, nothing is allocated per call
  public static void matmul(
      PackedMatrix w, float[] x, int xOffset, int rows, float[] y, int yOffset, Scratch scratch) {
    check("x", x, xOffset, rows, w.columns(), w);
    check("y", y, yOffset, rows, w.rows(), w);
    if (w.activationBlock() == 0) {
      scratch.products.floats(SET, w, x, xOffset, rows, y, yOffset);
      return;
    }
    ActivationCodes codes = scratch.codes;
    codes.resize(rows, w.columns(), w.activationBlock());
    scratch.products.quantise(SET, x, xOffset, codes);
    scratch.products.codes(SET, w, codes, y, yOffset);
  }

  /**
   * Quantises x {@code [rows, columns]} for products with matrices whose {@link
   * PackedMatrix#activationBlock()} is {@code block}: code = x * (127 / amax), rounded half to
   * even, scale = amax / 127 in F32, amax the largest magnitude of the block.
   *
   * @param block 32 or 256; divides {@code columns}
   */
  // size: arrays and offsets instead of views, nothing is allocated per call
  public static void quantise(
      float[] x, int xOffset, int rows, int columns, int block, ActivationCodes out) {
    check("x", x, xOffset, rows, columns, "codes");
    out.resize(rows, columns, block);
    SET.quantise(x, xOffset, columns, out, 0, rows, 0, out.blocks());
    out.changed();
  }

  /** The same, shared out over the crew of {@code scratch}. */
  // size: arrays and offsets instead of views, nothing is allocated per call
  public static void quantise(
      float[] x,
      int xOffset,
      int rows,
      int columns,
      int block,
      ActivationCodes out,
      Scratch scratch) {
    check("x", x, xOffset, rows, columns, "codes");
    out.resize(rows, columns, block);
    scratch.products.quantise(SET, x, xOffset, out);
  }

  /** The kernels themselves, for what is put together from them within this package. */
  static KernelSet set() {
    return SET;
  }

  /** y {@code [x.rows(), w.rows()]} = x times w transposed: the bits of the floats' product. */
  public static void matmul(
      PackedMatrix w, ActivationCodes x, float[] y, int yOffset, Scratch scratch) {
    if (x.block() != w.activationBlock() || x.columns() != w.columns()) {
      throw new IllegalArgumentException(
          w + " takes blocks of " + w.activationBlock() + " (0: floats); given " + x);
    }
    check("y", y, yOffset, x.rows(), w.rows(), w);
    scratch.products.codes(SET, w, x, y, yOffset);
  }

  /** Row {@code row} of w {@code [w.columns()]}, widened. */
  public static void row(PackedMatrix w, int row, float[] out, int outOffset) {
    if (row < 0 || row >= w.rows()) {
      throw new IllegalArgumentException("row " + row + " of " + w);
    }
    check("out", out, outOffset, 1, w.columns(), w);
    int panel = row / PackedMatrix.PANEL;
    int lane = row % PackedMatrix.PANEL;
    for (int k = 0; k < w.columns(); k += BlockLayout.RUN) {
      int count = Math.min(BlockLayout.RUN, w.columns() - k);
      PanelReader.widen(w, panel, lane, k, count, out, outOffset + k, 1);
    }
  }

  /**
   * out {@code [rows, weight.length]} = x * weight / sqrt(mean(x^2) + eps), the mean taken over
   * each of {@code groups} equal slices of a row by itself. May work in place.
   */
  // size: arrays and offsets instead of views, nothing is allocated per call
  public static void rmsNorm(
      float[] x,
      int xOffset,
      int rows,
      float[] weight,
      int groups,
      float eps,
      float[] out,
      int outOffset,
      Scratch scratch) {
    int width = weight.length;
    check("x", x, xOffset, rows, width, "norm");
    check("out", out, outOffset, rows, width, "norm");
    if (groups < 1 || width % groups != 0) {
      throw new IllegalArgumentException(width + " values do not split into " + groups + " groups");
    }
    int slice = width / groups;
    for (int r = 0; r < rows; r++) {
      for (int start = 0; start < width; start += slice) {
        int at = r * width + start;
        float mean = SET.sumOfSquares(x, xOffset + at, slice, scratch) / slice;
        float scale = 1f / (float) Math.sqrt(mean + eps);
        SET.scale(x, xOffset + at, scale, weight, start, out, outOffset + at, slice);
      }
    }
  }

  /** y += x, n values. */
  public static void add(float[] y, int yOffset, float[] x, int xOffset, int n) {
    check("y", y, yOffset, 1, n, "add");
    check("x", x, xOffset, 1, n, "add");
    SET.add(y, yOffset, x, xOffset, n);
  }

  /** y = fma(weight, x, y), n values. */
  // size: arrays and offsets instead of views, nothing is allocated per call
  public static void multiplyAdd(
      float weight, float[] x, int xOffset, float[] y, int yOffset, int n) {
    check("y", y, yOffset, 1, n, "multiplyAdd");
    check("x", x, xOffset, 1, n, "multiplyAdd");
    SET.multiplyAdd(weight, x, xOffset, y, yOffset, n);
  }

  /** out = silu(gate) * x, n values; silu(v) = v / (1 + e^-v). May work in place. */
  // size: arrays and offsets instead of views, nothing is allocated per call
  public static void siluTimes(
      float[] gate, int gateOffset, float[] x, int xOffset, float[] out, int outOffset, int n) {
    check("gate", gate, gateOffset, 1, n, "siluTimes");
    check("x", x, xOffset, 1, n, "siluTimes");
    check("out", out, outOffset, 1, n, "siluTimes");
    SET.siluTimes(gate, gateOffset, x, xOffset, out, outOffset, n);
  }

  /** e^x of n values in place: below -87.3 it is +0, above 88.7 infinity. */
  public static void exp(float[] x, int offset, int n) {
    check("x", x, offset, 1, n, "exp");
    SET.exp(x, offset, n);
  }

  /** ln(1 + e^x) of n values in place. */
  public static void softplus(float[] x, int offset, int n) {
    check("x", x, offset, 1, n, "softplus");
    SET.softplus(x, offset, n);
  }

  /** Sum of n values: 16 virtual lanes, fixed tree. */
  public static float sum(float[] x, int offset, int n, Scratch scratch) {
    check("x", x, offset, 1, n, "sum");
    float[] lanes = scratch.lanes;
    Arrays.fill(lanes, 0f);
    for (int i = 0; i < n; i++) {
      lanes[i % KernelSet.VIRTUAL_LANES] += x[offset + i];
    }
    return ScalarKernels.tree(lanes);
  }

  /** Softmax of n values in place; a row of equal values becomes equal shares. */
  public static void softmax(float[] x, int offset, int n, Scratch scratch) {
    check("x", x, offset, 1, n, "softmax");
    float max = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < n; i++) {
      max = Math.max(max, x[offset + i]);
    }
    for (int i = 0; i < n; i++) {
      x[offset + i] -= max;
    }
    SET.exp(x, offset, n);
    float sum = sum(x, offset, n, scratch);
    for (int i = 0; i < n; i++) {
      x[offset + i] /= sum;
    }
  }

  /**
   * Causal depthwise convolution with bias and silu.
   *
   * @param window {@code [kernel - 1 + tokens, channels]}, rows {@code windowStride} apart: the
   *     inputs before the first token, then one row a token
   * @param weight {@code [kernel, channels]}, newest input last
   * @param bias {@code [channels]}
   * @param out {@code [tokens, channels]}
   */
  // size: arrays and offsets instead of views, nothing is allocated per call
  public static void convSilu(
      float[] window,
      int windowOffset,
      int windowStride,
      float[] weight,
      float[] bias,
      int kernel,
      int tokens,
      float[] out,
      int outOffset) {
    int channels = bias.length;
    int last = (kernel - 2 + tokens) * windowStride;
    check("window", window, windowOffset, Math.min(tokens, 1), channels, "convolution");
    check("window", window, windowOffset + last, Math.min(tokens, 1), channels, "convolution");
    check("weight", weight, 0, kernel, channels, "convolution");
    check("out", out, outOffset, tokens, channels, "convolution");
    for (int t = 0; t < tokens; t++) {
      int at = windowOffset + t * windowStride;
      SET.convSilu(window, at, windowStride, weight, bias, kernel, out, outOffset + t * channels);
    }
  }

  /**
   * The Mamba-2 recurrence over consecutive tokens of one sequence: {@code h = fma(a, h, (dt x)
   * B)}, {@code y = fma(D, x, h C)}.
   *
   * @param state {@code shape.stateFloats()}, read and replaced
   * @param y {@code [tokens, heads * headDim]}
   */
  // size: arrays and offsets instead of views, nothing is allocated per call
  public static void scan(
      ScanShape shape, ScanInput in, int tokens, float[] state, float[] y, int yOffset) {
    scan(shape, in, tokens, 0, shape.heads(), state, y, yOffset);
  }

  /** The same for some heads; the state and y of the others are left as they are. */
  // size: arrays and offsets instead of views, nothing is allocated per call
  public static void scan(
      ScanShape shape,
      ScanInput in,
      int tokens,
      int firstHead,
      int headsOfCall,
      float[] state,
      float[] y,
      int yOffset) {
    if (firstHead < 0 || headsOfCall < 0 || firstHead + headsOfCall > shape.heads()) {
      throw new IllegalArgumentException(
          headsOfCall + " heads from head " + firstHead + " on of " + shape);
    }
    int last = (tokens - 1) * in.stride();
    int heads = shape.heads();
    check("x", in.values(), in.xOffset() + last, 1, shape.inner(), shape);
    check("B", in.values(), in.bOffset() + last, 1, shape.groupWidth(), shape);
    check("C", in.values(), in.cOffset() + last, 1, shape.groupWidth(), shape);
    check("dt", in.stepSizes(), 0, tokens, heads, shape);
    check("decays", in.decays(), 0, tokens, heads, shape);
    check("D", in.skip(), 0, 1, heads, shape);
    check("state", state, 0, 1, shape.stateFloats(), shape);
    check("y", y, yOffset, tokens, shape.inner(), shape);
    SET.scan(shape, in, tokens, firstHead, headsOfCall, state, y, yOffset);
  }

  /** Index, from {@code offset} on, of the first NaN or infinity among n values; -1 if none. */
  public static int firstNonFinite(float[] x, int offset, int n) {
    check("x", x, offset, 1, n, "firstNonFinite");
    return SET.firstNonFinite(x, offset, n);
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  static void check(String name, float[] array, int offset, int rows, int columns, Object what) {
    if (rows < 0 || columns < 0 || offset < 0 || offset + (long) rows * columns > array.length) {
      throw new IllegalArgumentException(
          what
              + ": "
              + name
              + " ["
              + rows
              + ", "
              + columns
              + "] at offset "
              + offset
              + " does not lie in an array of "
              + array.length);
    }
  }
}
