package dev.switchboard.model.architecture;

import dev.switchboard.model.checkpoint.Checkpoint;
import java.util.List;
import java.util.Optional;

/** Mamba: every layer is one Mamba-1 mixer; there are no feeds, and so no experts. */
final class MambaArchitecture {
  static final String MODEL_TYPE = "mamba";

  private static final float DEFAULT_EPS = 1e-5f;
  private static final Mamba1Reader.Keys KEYS =
      new Mamba1Reader.Keys(
          "state_size", "conv_kernel", "expand", "time_step_rank", "use_conv_bias", "use_bias");

  private MambaArchitecture() {}

  static ModelPlan plan(Checkpoint checkpoint, ConfigReader config) {
    FamilyReader family = family(checkpoint, config);
    Mamba1Reader mamba = new Mamba1Reader(family, KEYS);
    return family.plan(
        i -> layer(family, i, mamba.plan(family.layer(i) + "mixer.", false)),
        ModelPlan.Factors.NONE,
        true,
        List.of());
  }

  /** Names of Mamba and Mamba-2; the oldest files call the table {@code embedding}. */
  static FamilyReader family(Checkpoint checkpoint, ConfigReader config) {
    String older = "backbone.embedding.weight";
    FamilyNames names =
        new FamilyNames(
            checkpoint.find(older).isPresent() ? older : "backbone.embeddings.weight",
            "backbone.layers.",
            "backbone.norm_f.weight",
            "lm_head.weight",
            List.of());
    return FamilyReader.of(checkpoint, config, names, "layer_norm_epsilon", DEFAULT_EPS);
  }

  /** A norm and a mixer. */
  static LayerPlan layer(FamilyReader family, int index, MixerPlan mixer) {
    NormPlan norm = family.norm(family.layer(index) + "norm.weight");
    return new LayerPlan(Optional.of(Branch.of(norm, mixer)), Optional.empty());
  }
}
