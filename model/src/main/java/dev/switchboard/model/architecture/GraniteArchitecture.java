package dev.switchboard.model.architecture;

import dev.switchboard.model.architecture.MixerPlan.Heads;
import dev.switchboard.model.architecture.RoutingRule.Scoring;
import dev.switchboard.model.checkpoint.Checkpoint;
import java.util.List;
import java.util.Optional;

/**
 * IBM Granite 3: embeddings, scores, branches and logits are multiplied by numbers of the
 * configuration. Dense, with experts, or with experts and a shared network; softmax over the logits
 * of the chosen experts alone.
 */
final class GraniteArchitecture {
  static final String MODEL_TYPE = "granite";
  static final String MOE_MODEL_TYPE = "granitemoe";
  static final String SHARED_MODEL_TYPE = "granitemoeshared";

  private static final float DEFAULT_EPS = 1e-6f;
  private static final double DEFAULT_THETA = 10_000;
  private static final String EXPERTS = "num_local_experts";

  private GraniteArchitecture() {}

  static ModelPlan plan(Checkpoint checkpoint, ConfigReader config) {
    FamilyReader family = FamilyReader.of(checkpoint, config, DEFAULT_EPS);
    Heads heads = family.heads(0, 0);
    RopePlan rope = family.rope(heads.dim(), DEFAULT_THETA);
    return family.plan(
        i -> {
          MixerPlan mixer =
              attention(family, family.layer(i) + "self_attn.", heads).rope(rope).plan();
          return family.layer(i, mixer, feed(family, family.layer(i)));
        },
        factors(config),
        false,
        List.of());
  }

  /** The scale of the scores is a number of the configuration. */
  static AttentionReader attention(FamilyReader family, String prefix, Heads heads) {
    boolean bias = family.config().flag("attention_bias", false);
    return new AttentionReader(family, prefix, heads)
        .biases(bias, family.config().flag("attention_out_bias", bias))
        .scale(family.config().positive("attention_multiplier", 1f));
  }

  static ModelPlan.Factors factors(ConfigReader config) {
    return new ModelPlan.Factors(
        config.positive("embedding_multiplier", 1f),
        config.positive("residual_multiplier", 1f),
        1f / config.positive("logits_scaling", 1f));
  }

  private static FeedPlan feed(FamilyReader family, String layer) {
    ConfigReader config = family.config();
    if (config.text("model_type").equals(MODEL_TYPE)) {
      return FeedPlan.Moe.dense(
          family.ffn(
              layer + "mlp.",
              config.count("intermediate_size"),
              family.activation(),
              config.flag("mlp_bias", false)));
    }
    int width = config.integer("shared_intermediate_size", 0, 1 << 24, 0);
    boolean hasShared = config.text("model_type").equals(SHARED_MODEL_TYPE) && width > 0;
    return moe(
        family,
        layer,
        hasShared ? Optional.of(shared(family, layer + "shared_mlp.", width)) : Optional.empty());
  }

  /** The experts under {@code LAYERblock_sparse_moe.}. */
  static FeedPlan.Moe moe(FamilyReader family, String layer, Optional<SharedPlan> shared) {
    ConfigReader config = family.config();
    int experts = config.count(EXPERTS);
    RoutingRule rule =
        RoutingRule.of(
            family.topK("num_experts_per_tok", experts, EXPERTS), Scoring.SOFTMAX_OF_CHOSEN, false);
    String prefix = layer + "block_sparse_moe.";
    String newer = prefix + "router.weight";
    ExpertPlan expert =
        family
            .experts(prefix + "experts.", experts)
            .orIn(prefix + "input_linear.weight", prefix + "output_linear.weight")
            .plan(EXPERTS, config.count("intermediate_size"), family.activation());
    String router = family.holds(newer) ? newer : prefix + "router.layer.weight";
    return new FeedPlan.Moe(
        Optional.of(GatePlan.of(router, experts, family.dModel(), rule)),
        experts,
        expert,
        shared,
        Optional.empty());
  }

  /**
   * One matrix {@code input_linear} for gate and up, and {@code output_linear}; in GGUF files they
   * are by themselves.
   */
  static SharedPlan shared(FamilyReader family, String prefix, int width) {
    if (family.holds(prefix + "up_proj.weight")) {
      return new SharedPlan(
          family.ffn(prefix, width, family.activation(), false), Optional.empty());
    }
    return new SharedPlan(
        family.fused(
            prefix + "input_linear.weight",
            prefix + "output_linear.weight",
            width,
            family.activation()),
        Optional.empty());
  }
}
