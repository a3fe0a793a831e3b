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
   * The tokens of a step, the segments one after another; their pasts are moved.
   *
   * @param in row r at {@code inOffset + r * inStride}, {@code [channels]}
   * @param starts rows of segment i: {@code starts[i]} to {@code starts[i + 1]}
   * @param states of the segments, {@link RecurrentState} each
   * @param out {@code [rows, channels]}
   */
  // size: arrays and offsets instead of views, nothing is allocated per call
  void forward(
      float[] in,
      int inOffset,
      int inStride,
      int[] starts,
      int segments,
      MixerState[] states,
      float[] out,
      Scratch scratch) {
    int rows = starts[segments];
    if (Shares.alone(scratch, rows, channels())) {
      rows(in, inOffset, inStride, starts, states, 0, rows, out, scratch);
    } else {
      Shares.run(
          scratch,
          rows,
          1,
          channels(),
          (from, to, own) -> rows(in, inOffset, inStride, starts, states, from, to, out, own));
    }
    for (int i = 0; i < segments; i++) {
      int first = inOffset + starts[i] * inStride;
      move(in, first, inStride, starts[i + 1] - starts[i], past(states[i]));
    }
  }

  private static float[] past(MixerState state) {
    return ((RecurrentState) state).convolution;
  }

  /** Some rows of a step; the pasts are read only. */
  // size: arrays and offsets instead of views, nothing is allocated per call
  private void rows(
      float[] in,
      int inOffset,
      int inStride,
      int[] starts,
      MixerState[] states,
      int from,
      int to,
      float[] out,
      Scratch scratch) {
    int segment = 0;
    int row = from;
    while (row < to) {
      while (starts[segment + 1] <= row) {
        segment++;
      }
      int seen = row - starts[segment];
      int at = inOffset + row * inStride;
      if (seen < kernel - 1) {
        float[] window = scratch.floats(Slot.CONV_WINDOW, kernel * channels());
        compose(in, at, inStride, seen, past(states[segment]), window);
        Kernels.convSilu(window, 0, channels(), weight, bias, kernel, 1, out, row * channels());
        row++;
      } else {
        int end = Math.min(to, starts[segment + 1]);
        int first = at - (kernel - 1) * inStride;
        Kernels.convSilu(
            in, first, inStride, weight, bias, kernel, end - row, out, row * channels());
        row = end;
      }
    }
  }

  /** The window of a row that {@code seen} others of its segment precede: past and inputs. */
  // size: arrays and offsets instead of views, nothing is allocated per call
  private void compose(float[] in, int at, int inStride, int seen, float[] past, float[] window) {
    int channels = channels();
    int before = kernel - 1 - seen;
    System.arraycopy(past, seen * channels, window, 0, before * channels);
    for (int k = 0; k <= seen; k++) {
      int row = at - (seen - k) * inStride;
      System.arraycopy(in, row, window, (before + k) * channels, channels);
    }
  }

  /** Forgets the oldest inputs for the newest. */
  private void move(float[] in, int inOffset, int inStride, int tokens, float[] past) {
    int channels = channels();
    int kept = Math.max(0, kernel - 1 - tokens);
    System.arraycopy(past, (kernel - 1 - kept) * channels, past, 0, kept * channels);
    for (int k = kept; k < kernel - 1; k++) {
      int token = tokens - (kernel - 1 - k);
      System.arraycopy(in, inOffset + token * inStride, past, k * channels, channels);
    }
  }
}
