package dev.switchboard.model.architecture;

/** Backbone of a layer's experts, and where their tensors are. */
public sealed interface ExpertPlan {
  record Ffn(FfnPlan network) implements ExpertPlan {
    /** Width between the projections. */
    public int intermediate() {
      return network.intermediate();
    }
  }

  /**
   * Mamba-2 without convolution, one group: {@code in_proj.weight}, {@code A_log}, {@code D},
   * {@code dt_bias}, {@code norm.weight}, {@code out_proj.weight}.
   *
   * @param prefixPattern with {@code {e}} where the expert's index goes; ends with a dot
   */
  record Mamba(String prefixPattern, int dModel, int heads, int headDim, int stateSize)
      implements ExpertPlan {
    /** Width inside the expert: heads x headDim. */
    public int inner() {
      return heads * headDim;
    }

    /** Rows of in_proj: z, x, B, C and dt. */
    public int projected() {
      return 2 * inner() + 2 * stateSize + heads;
    }

    /** Prefix of one expert's tensors; ends with a dot. */
    public String prefix(int expert) {
      return TensorNames.of(prefixPattern, expert);
    }
  }
}
