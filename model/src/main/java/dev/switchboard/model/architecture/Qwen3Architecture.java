package dev.switchboard.model.architecture;

import dev.switchboard.model.architecture.MixerPlan.Heads;
import dev.switchboard.model.checkpoint.Checkpoint;

/** Qwen 3: q and k are normalised head by head before rope. */
final class Qwen3Architecture {
  static final String MODEL_TYPE = "qwen3";

  private static final float DEFAULT_EPS = 1e-6f;
  private static final double DEFAULT_THETA = 10_000;
  private static final int DEFAULT_KEY_VALUE_HEADS = 32;
  private static final int DEFAULT_HEAD_DIM = 128;

  private Qwen3Architecture() {}

  static ModelPlan plan(Checkpoint checkpoint, ConfigReader config) {
    FamilyReader family = FamilyReader.of(checkpoint, config, DEFAULT_EPS);
    Heads heads = family.heads(DEFAULT_KEY_VALUE_HEADS, DEFAULT_HEAD_DIM);
    RopePlan rope = family.rope(heads.dim(), DEFAULT_THETA);
    LayerTypes types = Qwen2Architecture.lastSlide(family);
    return family.plan(i -> {
      String layer = family.layer(i);
      MixerPlan mixer =
          attention(family, layer + "self_attn.", heads).rope(rope).window(types.window(i)).plan();
      FfnPlan ffn =
          family.ffn(layer + "mlp.", config.count("intermediate_size"), family.activation(), false);
      return family.layer(i, mixer, FeedPlan.Moe.dense(ffn));
    });
  }

  /** Of the dense model and of the one with experts. */
  static AttentionReader attention(FamilyReader family, String prefix, Heads heads) {
    boolean bias = family.config().flag("attention_bias", false);
    return new AttentionReader(family, prefix, heads)
        .biases(bias, bias)
        .norms(heads.dim(), heads.dim(), 0f);
  }
}
