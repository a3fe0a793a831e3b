package dev.switchboard.model.architecture;

/** Backbone of a layer's experts, and where their tensors are. */
public sealed interface ExpertPlan {
  /** What one row costs. */
  long multiplyAddsPerRow();

  record Ffn(FfnPlan network) implements ExpertPlan {
    @Override
    public long multiplyAddsPerRow() {
      return network.gate().map(gate -> gate.weight().elements()).orElse(0L)
          + network.up().weight().elements()
          + network.down().weight().elements();
    }

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
    @Override
    public long multiplyAddsPerRow() {
      // The recurrence: one update and one read of each state value.
      return (long) projected() * dModel
          + (long) dModel * inner()
          + 2L * heads * headDim * stateSize;
    }

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
