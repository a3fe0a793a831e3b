package dev.switchboard.model.architecture;

import dev.switchboard.model.architecture.RoutingRule.Scoring;
import java.util.HashSet;
import java.util.Set;

/**
 * The layers of Qwen's models with experts: not all need have them ({@code mlp_only_layers}, {@code
 * decoder_sparse_step}); softmax over all experts, the weights are divided by their sum only if
 * {@code norm_topk_prob}.
 */
final class SparseLayers {
  private final FamilyReader family;
  private final String key;
  private final int experts;
  private final int step;
  private final Set<Integer> dense;

  SparseLayers(FamilyReader family) {
    ConfigReader config = family.config();
    this.family = family;
    this.key = config.spelling("num_experts", "num_local_experts");
    this.experts = config.integer(key, 0, 1 << 24);
    this.step = config.count("decoder_sparse_step", 1);
    this.dense = new HashSet<>(config.integers("mlp_only_layers", 0, 1 << 24));
  }

  boolean has(int layer) {
    return experts > 0 && !dense.contains(layer) && (layer + 1) % step == 0;
  }

  /** The experts of a layer, or its dense network. */
  FeedPlan feed(int layer) {
    String prefix = family.layer(layer) + "mlp.";
    return has(layer)
        ? moe(prefix)
        : new FeedPlan.Dense(
            family.ffn(
                prefix, family.config().count("intermediate_size"), family.activation(), false));
  }

  /** Without a shared expert. */
  FeedPlan.Moe moe(String prefix) {
    ConfigReader config = family.config();
    ExpertPlan expert =
        family
            .experts(prefix + "experts.", experts)
            .plan(key, config.count("moe_intermediate_size"), family.activation());
    return FamilyReader.moe(
        GatePlan.of(prefix + "gate.weight", experts, family.dModel(), rule()), expert);
  }

  private RoutingRule rule() {
    return RoutingRule.of(
        family.topK("num_experts_per_tok", experts, key),
        Scoring.SOFTMAX_OF_ALL,
        family.config().flag("norm_topk_prob", false));
  }
}
