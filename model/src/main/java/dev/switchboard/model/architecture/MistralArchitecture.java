package dev.switchboard.model.architecture;

import dev.switchboard.model.architecture.MixerPlan.Heads;
import dev.switchboard.model.checkpoint.Checkpoint;
import java.util.Optional;

/** Mistral: as Llama, and every layer sees a window of keys. */
final class MistralArchitecture {
  static final String MODEL_TYPE = "mistral";

  private static final float DEFAULT_EPS = 1e-6f;
  private static final double DEFAULT_THETA = 10_000;
  private static final int DEFAULT_KEY_VALUE_HEADS = 8;
  private static final int DEFAULT_WINDOW = 4096;

  private MistralArchitecture() {}

  static ModelPlan plan(Checkpoint checkpoint, ConfigReader config) {
    FamilyReader family = FamilyReader.of(checkpoint, config, DEFAULT_EPS);
    Heads heads = family.heads(DEFAULT_KEY_VALUE_HEADS, 0);
    RopePlan rope = family.rope(heads.dim(), DEFAULT_THETA);
    Optional<Integer> window =
        config.root().has("sliding_window") ? family.window() : Optional.of(DEFAULT_WINDOW);
    if (config.has("layer_types")) {
      throw config.error("layer_types", "given", "none: every layer of this family slides");
    }
    return family.plan(i -> {
      String layer = family.layer(i);
      MixerPlan mixer =
          new AttentionReader(family, layer + "self_attn.", heads).rope(rope).window(window).plan();
      FfnPlan ffn =
          family.ffn(layer + "mlp.", config.count("intermediate_size"), family.activation(), false);
      return family.layer(i, mixer, FeedPlan.Moe.dense(ffn));
    });
  }
}
