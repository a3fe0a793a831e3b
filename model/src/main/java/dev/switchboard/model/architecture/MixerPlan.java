package dev.switchboard.model.architecture;

/** What mixes along the sequence. */
public sealed interface MixerPlan {
  /**
   * Mamba-2: tensors {@code prefix + "in_proj.weight"}, {@code "conv1d.weight"}, {@code
   * "conv1d.bias"}, {@code "A_log"}, {@code "D"}, {@code "dt_bias"}, {@code "norm.weight"}, {@code
   * "out_proj.weight"}.
   *
   * @param prefix ends with a dot
   */
  record Mamba2(String prefix, int heads, int headDim, int stateSize, int groups, int convKernel)
      implements MixerPlan {
    /** Width inside the mixer: heads x headDim. */
    public int inner() {
      return heads * headDim;
    }
  }
}
