package dev.switchboard.model.layer;

import dev.switchboard.model.kernel.Kernels;
import dev.switchboard.model.kernel.Scratch;
import dev.switchboard.model.kernel.Scratch.Slot;

/**
 * The short convolution of Mamba mixers: each channel by itself, over the last inputs, then silu.
 */
public final class CausalConvolution {
  private final float[] weight;
  private final float[] bias;
  private final int kernel;

  /**
   * @param weight {@code [channels, kernel]}, newest input last
   * @param bias {@code [channels]}; zeros for none
   */
  public CausalConvolution(float[] weight, float[] bias) {
    int channels = bias.length;
    this.kernel = channels == 0 ? 0 : weight.length / channels;
    if (kernel < 1) {
      throw new IllegalArgumentException(
          "conv1d.weight has " + weight.length + " values, conv1d.bias " + channels);
    }
    Shapes.check("conv1d.weight", weight, channels * kernel);
    this.bias = bias.clone();
    this.weight = new float[weight.length];
    for (int i = 0; i < weight.length; i++) {
      this.weight[i % kernel * channels + i / kernel] = weight[i];
    }
  }

  public int channels() {
    return bias.length;
  }

  /** What comes before the first token: {@code [kernel - 1, channels]} zeros, newest last. */
  public float[] newPast() {
    return new float[(kernel - 1) * channels()];
  }

  /**
   * Consecutive tokens of one sequence.
   *
   * @param in token t at {@code inOffset + t * inStride}, {@code [channels]}
   * @param past as {@link #newPast} made it; moved
   * @param out {@code [tokens, channels]}
   */
  // size: arrays and offsets instead of views, nothing is allocated per call
  public void forward(
      float[] in,
      int inOffset,
      int inStride,
      int tokens,
      float[] past,
      float[] out,
      int outOffset,
      Scratch scratch) {
    int channels = channels();
    float[] window = scratch.floats(Slot.CONV_WINDOW, past.length + tokens * channels);
    System.arraycopy(past, 0, window, 0, past.length);
    for (int t = 0; t < tokens; t++) {
      System.arraycopy(in, inOffset + t * inStride, window, past.length + t * channels, channels);
    }
    Kernels.convSilu(window, weight, bias, kernel, tokens, out, outOffset);
    System.arraycopy(window, tokens * channels, past, 0, past.length);
  }
}
