package dev.switchboard.model.layer;

import dev.switchboard.model.kernel.ActivationCodes;
import dev.switchboard.model.kernel.ElementKernels;
import dev.switchboard.model.kernel.Kernels;
import dev.switchboard.model.kernel.PackedMatrix;
import dev.switchboard.model.kernel.Scratch;

/** {@code y = W x + b}. */
public final class Linear {
  private final PackedMatrix weight;
  private final float[] bias;

  /**
   * @param bias {@code [weight.rows()]}, or empty for none
   */
  public Linear(PackedMatrix weight, float[] bias) {
    if (bias.length != 0 && bias.length != weight.rows()) {
      throw new IllegalArgumentException("a bias of " + bias.length + " beside " + weight);
    }
    this.weight = weight;
    this.bias = bias.clone();
  }

  /** Without a bias. */
  public Linear(PackedMatrix weight) {
    this(weight, new float[0]);
  }

  /** {@code [rows, in] -> [rows, out]}. */
  // size: arrays and offsets instead of views, nothing is allocated per call
  public void forward(
      float[] in, int inOffset, int rows, float[] out, int outOffset, Scratch scratch) {
    Kernels.matmul(weight, in, inOffset, rows, out, outOffset, scratch);
    addBias(out, outOffset, rows);
  }

  /** The same for activations as codes; of the blocks that {@link #activationBlock} says. */
  public void forward(ActivationCodes in, float[] out, int outOffset, Scratch scratch) {
    Kernels.matmul(weight, in, out, outOffset, scratch);
    addBias(out, outOffset, in.rows());
  }

  /** Adds the bias to rows {@code [rows, out()]}. */
  void addBias(float[] out, int outOffset, int rows) {
    if (bias.length > 0) {
      ElementKernels.addBias(out, outOffset, rows, bias);
    }
  }

  /** Adds some columns of the bias to a tile {@code [rows, columns]}. */
  void addBias(float[] tile, int rows, int firstColumn, int columns) {
    for (int r = 0; bias.length > 0 && r < rows; r++) {
      Kernels.add(tile, r * columns, bias, firstColumn, columns);
    }
  }

  /** Columns of the activations' codes that share a scale; 0: activations are floats. */
  public int activationBlock() {
    return weight.activationBlock();
  }

  /** Width of what comes in. */
  public int in() {
    return weight.columns();
  }

  /** Width of what comes out. */
  public int out() {
    return weight.rows();
  }

  public PackedMatrix weight() {
    return weight;
  }

  /** Native memory held. */
  public long packedBytes() {
    return weight.packedBytes();
  }

  /** Multiply-adds of one row. */
  public long multiplyAdds() {
    return weight.multiplyAdds();
  }

  @Override
  public String toString() {
    return weight.toString();
  }
}
