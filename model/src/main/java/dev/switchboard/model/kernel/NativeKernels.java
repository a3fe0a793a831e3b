package dev.switchboard.model.kernel;

/** Native code for what the Vector API does not reach, its twin or the scalar one for the rest. */
final class NativeKernels implements KernelSet {
  private final NativeCodes codes;
  private final NativeFloats floats;
  private final KernelSet rest;

  NativeKernels(NativeCodes codes, NativeFloats floats, KernelSet rest) {
    this.codes = codes;
    this.floats = floats;
    this.rest = rest;
  }

  String form() {
    return codes.form().toString();
  }

  @Override
  public String describe() {
    String dot = floats.bf16Dot() ? " and BF16 dot, " : ", ";
    return "native " + codes.form() + dot + rest.describe();
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  @Override
  public void matmul(
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
      Scratch scratch) {
    if (NativeFloats.takes(w.format())) {
      floats.matmul(w, firstPanel, panels, x, xOffset, xStride, rows, y, yOffset, yStride, scratch);
    } else {
      rest.matmul(w, firstPanel, panels, x, xOffset, xStride, rows, y, yOffset, yStride, scratch);
    }
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  @Override
  public void quantise(
      float[] x,
      int xOffset,
      int xStride,
      ActivationCodes out,
      int firstRow,
      int rows,
      int firstBlock,
      int blocks) {
    rest.quantise(x, xOffset, xStride, out, firstRow, rows, firstBlock, blocks);
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  @Override
  public void matmul(
      PackedMatrix w,
      int firstPanel,
      int panels,
      ActivationCodes x,
      int firstRow,
      int rows,
      float[] y,
      int yOffset,
      int yStride,
      Scratch scratch) {
    codes.matmul(w, firstPanel, panels, x, firstRow, rows, y, yOffset, yStride, scratch);
  }

  @Override
  public float sumOfSquares(float[] x, int offset, int n, Scratch scratch) {
    return rest.sumOfSquares(x, offset, n, scratch);
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  @Override
  public void scale(
      float[] x,
      int xOffset,
      float scale,
      float[] weight,
      int weightOffset,
      float[] out,
      int outOffset,
      int n) {
    rest.scale(x, xOffset, scale, weight, weightOffset, out, outOffset, n);
  }

  @Override
  public void add(float[] y, int yOffset, float[] x, int xOffset, int n) {
    rest.add(y, yOffset, x, xOffset, n);
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  @Override
  public void multiplyAdd(float weight, float[] x, int xOffset, float[] y, int yOffset, int n) {
    rest.multiplyAdd(weight, x, xOffset, y, yOffset, n);
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  @Override
  public void siluTimes(
      float[] gate, int gateOffset, float[] x, int xOffset, float[] out, int outOffset, int n) {
    rest.siluTimes(gate, gateOffset, x, xOffset, out, outOffset, n);
  }

  @Override
  public void exp(float[] x, int offset, int n) {
    rest.exp(x, offset, n);
  }

  @Override
  public void softplus(float[] x, int offset, int n) {
    rest.softplus(x, offset, n);
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  @Override
  public void convSilu(
      float[] window,
      int windowOffset,
      int windowStride,
      float[] weight,
      float[] bias,
      int kernel,
      float[] out,
      int outOffset) {
    rest.convSilu(window, windowOffset, windowStride, weight, bias, kernel, out, outOffset);
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  @Override
  public void scan(
      ScanShape shape,
      ScanInput in,
      int tokens,
      int firstHead,
      int heads,
      float[] state,
      float[] y,
      int yOffset) {
    rest.scan(shape, in, tokens, firstHead, heads, state, y, yOffset);
  }

  @Override
  public int firstNonFinite(float[] x, int offset, int n) {
    return rest.firstNonFinite(x, offset, n);
  }
}
