package dev.switchboard.model.architecture;

import dev.switchboard.model.architecture.MixerPlan.Heads;
import dev.switchboard.model.architecture.RoutingRule.Scoring;
import dev.switchboard.model.checkpoint.Checkpoint;

/**
 * OLMoE (Muennighoff et al.): q and k are normalised over their whole projections, then q, k and v
 * clamped; every layer has experts.
 */
final class OlmoeArchitecture {
  static final String MODEL_TYPE = "olmoe";

  private static final float DEFAULT_EPS = 1e-5f;
  private static final double DEFAULT_THETA = 10_000;

  private OlmoeArchitecture() {}

  static ModelPlan plan(Checkpoint checkpoint, ConfigReader config) {
    FamilyReader family = FamilyReader.of(checkpoint, config, DEFAULT_EPS);
    Heads heads = family.heads(0, 0);
    RopePlan rope = family.rope(heads.dim(), DEFAULT_THETA);
    boolean bias = config.flag("attention_bias", false);
    return family.plan(i -> {
      AttentionReader attention =
          new AttentionReader(family, family.layer(i) + "self_attn.", heads)
              .biases(bias, bias)
              .norms(heads.query() * heads.dim(), heads.keyValue() * heads.dim(), 0f)
              .rope(rope);
      if (config.has("clip_qkv")) {
        attention.clip(config.positive("clip_qkv"));
      }
      return family.layer(i, attention.plan(), moe(family, family.layer(i) + "mlp."));
    });
  }

  private static FeedPlan moe(FamilyReader family, String prefix) {
    ConfigReader config = family.config();
    String key = config.spelling("num_experts", "num_local_experts");
    int experts = config.count(key);
    RoutingRule rule =
        RoutingRule.of(
            family.topK("num_experts_per_tok", experts, key),
            Scoring.SOFTMAX_OF_ALL,
            config.flag("norm_topk_prob", false));
    ExpertPlan expert =
        family
            .experts(prefix + "experts.", experts)
            .plan(key, config.count("intermediate_size"), family.activation());
    return FamilyReader.moe(
        GatePlan.of(prefix + "gate.weight", experts, family.dModel(), rule), expert);
  }
}
