package dev.switchboard.model.architecture;

import dev.switchboard.model.checkpoint.Checkpoint;

/** Mamba-2: every layer is one Mamba-2 mixer; there are no feeds, and so no experts. */
final class Mamba2Architecture {
  static final String MODEL_TYPE = "mamba2";

  private static final int DEFAULT_GROUPS = 8;
  private static final Mamba2Reader.Keys KEYS =
      new Mamba2Reader.Keys(
          "num_heads",
          "head_dim",
          "state_size",
          "n_groups",
          "conv_kernel",
          "use_conv_bias",
          "use_bias",
          "hidden_act");

  private Mamba2Architecture() {}

  static ModelPlan plan(Checkpoint checkpoint, ConfigReader config) {
    FamilyReader family = MambaArchitecture.family(checkpoint, config);
    Mamba2Reader mamba = new Mamba2Reader(family, KEYS, "expand", DEFAULT_GROUPS);
    return family.plan(
        i -> MambaArchitecture.layer(family, i, mamba.plan(family.layer(i) + "mixer.")));
  }
}
