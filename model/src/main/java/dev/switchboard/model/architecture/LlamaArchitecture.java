package dev.switchboard.model.architecture;

import dev.switchboard.model.architecture.MixerPlan.Heads;
import dev.switchboard.model.checkpoint.Checkpoint;

/** Llama and what is built like it: dense, grouped-query attention, SwiGLU. */
final class LlamaArchitecture {
  static final String MODEL_TYPE = "llama";

  private static final float DEFAULT_EPS = 1e-6f;
  private static final double DEFAULT_THETA = 10_000;

  private LlamaArchitecture() {}

  static ModelPlan plan(Checkpoint checkpoint, ConfigReader config) {
    FamilyReader family = FamilyReader.of(checkpoint, config, DEFAULT_EPS);
    Heads heads = family.heads(0, 0);
    RopePlan rope = family.rope(heads.dim(), DEFAULT_THETA);
    boolean bias = config.flag("attention_bias", false);
    return family.plan(i -> {
      String layer = family.layer(i);
      MixerPlan mixer =
          new AttentionReader(family, layer + "self_attn.", heads)
              .biases(bias, config.flag("attention_out_bias", bias))
              .rope(rope)
              .plan();
      return family.layer(i, mixer, feed(family, layer + "mlp."));
    });
  }

  private static FeedPlan feed(FamilyReader family, String prefix) {
    ConfigReader config = family.config();
    return FeedPlan.Moe.dense(
        family.ffn(
            prefix,
            config.count("intermediate_size"),
            family.activation(),
            config.flag("mlp_bias", false)));
  }
}
