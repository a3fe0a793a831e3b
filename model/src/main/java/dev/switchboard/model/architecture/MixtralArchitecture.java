package dev.switchboard.model.architecture;

import dev.switchboard.model.architecture.MixerPlan.Heads;
import dev.switchboard.model.architecture.RoutingRule.Scoring;
import dev.switchboard.model.checkpoint.Checkpoint;
import java.util.Optional;

/**
 * Mixtral (Jiang et al.): every layer has experts; softmax over all of them, the chosen ones'
 * weights are divided by their sum. {@code w1} is the gate, {@code w3} up, {@code w2} down.
 */
final class MixtralArchitecture {
  static final String MODEL_TYPE = "mixtral";

  private static final float DEFAULT_EPS = 1e-5f;
  private static final double DEFAULT_THETA = 1_000_000;
  private static final int DEFAULT_KEY_VALUE_HEADS = 8;
  private static final String EXPERTS = "num_local_experts";

  private MixtralArchitecture() {}

  static ModelPlan plan(Checkpoint checkpoint, ConfigReader config) {
    FamilyReader family = FamilyReader.of(checkpoint, config, DEFAULT_EPS);
    Heads heads = family.heads(DEFAULT_KEY_VALUE_HEADS, 0);
    RopePlan rope = family.rope(heads.dim(), DEFAULT_THETA);
    Optional<Integer> window = family.window();
    return family.plan(i -> {
      MixerPlan mixer =
          new AttentionReader(family, family.layer(i) + "self_attn.", heads)
              .rope(rope)
              .window(window)
              .plan();
      return family.layer(i, mixer, moe(family, family.layer(i)));
    });
  }

  private static FeedPlan moe(FamilyReader family, String layer) {
    ConfigReader config = family.config();
    String key = config.spelling(EXPERTS, "num_experts");
    int experts = config.count(key);
    RoutingRule rule =
        RoutingRule.of(
            family.topK("num_experts_per_tok", experts, key), Scoring.SOFTMAX_OF_ALL, true);
    String newer = layer + "mlp.";
    String prefix = family.holds(newer + "gate.weight") ? newer : layer + "block_sparse_moe.";
    ExpertPlan expert =
        family
            .experts(prefix + "experts.", experts)
            .plan(key, config.count("intermediate_size"), family.activation(), "w1", "w3", "w2");
    return FamilyReader.moe(
        GatePlan.of(prefix + "gate.weight", experts, family.dModel(), rule), expert);
  }
}
