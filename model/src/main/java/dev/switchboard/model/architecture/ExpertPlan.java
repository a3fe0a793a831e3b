package dev.switchboard.model.architecture;

/** Backbone of a layer's experts, and where their tensors are. */
public sealed interface ExpertPlan {
  /** With {@code {e}} where the expert's index goes; ends with a dot. */
  String prefixPattern();

  /** Prefix of one expert's tensors; ends with a dot. */
  default String prefix(int expert) {
    return prefixPattern().replace("{e}", Integer.toString(expert));
  }

  /** SwiGLU: {@code gate_proj.weight}, {@code up_proj.weight}, {@code down_proj.weight}. */
  record Ffn(String prefixPattern, int intermediate) implements ExpertPlan {}

  /**
   * Mamba-2 without convolution, one group: {@code in_proj.weight}, {@code A_log}, {@code D},
   * {@code dt_bias}, {@code norm.weight}, {@code out_proj.weight}.
   */
  record Mamba(String prefixPattern, int heads, int headDim, int stateSize) implements ExpertPlan {
    /** Width inside the expert: heads x headDim. */
    public int inner() {
      return heads * headDim;
    }
  }
}
