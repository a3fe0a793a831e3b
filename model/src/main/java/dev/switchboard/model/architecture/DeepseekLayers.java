package dev.switchboard.model.architecture;

import dev.switchboard.model.architecture.RoutingRule.GroupScore;
import dev.switchboard.model.architecture.RoutingRule.Groups;
import java.util.Optional;

/**
 * The feeds of DeepSeek's layers: the first {@code first_k_dense_replace} are dense, the others
 * have routed experts and shared ones, which together are one network.
 */
final class DeepseekLayers {
  private static final String EXPERTS = "n_routed_experts";
  private static final int MAX_LAYERS = 1024;
  private static final int MAX_SHARED = 4096;

  private final FamilyReader family;
  private final int firstSparse;
  private final int experts;
  private final int width;
  private final int shared;
  private final boolean bias;

  /**
   * @param defaultDense layers that are dense where the configuration does not say
   * @param defaultShared shared experts where it does not say
   * @param bias whether dense and shared networks have biases
   */
  DeepseekLayers(FamilyReader family, int defaultDense, int defaultShared, boolean bias) {
    ConfigReader config = family.config();
    this.family = family;
    this.firstSparse = config.integer("first_k_dense_replace", 0, MAX_LAYERS, defaultDense);
    this.experts = config.count(config.spelling(EXPERTS, "num_local_experts", "num_experts"));
    this.width = config.count("moe_intermediate_size");
    this.shared =
        config.root().has("n_shared_experts")
            ? config.integer("n_shared_experts", 0, MAX_SHARED, 0)
            : defaultShared;
    this.bias = bias;
    if (config.integer("moe_layer_freq", 1, MAX_LAYERS, 1) != 1) {
      throw config.error("moe_layer_freq", config.root().get("moe_layer_freq"), "1");
    }
    if ((long) shared * width > 1 << 24) {
      throw config.error("n_shared_experts", shared, "less: the shared network is too wide");
    }
  }

  int experts() {
    return experts;
  }

  int topK() {
    return family.topK("num_experts_per_tok", experts, EXPERTS);
  }

  /**
   * Groups of experts, of which few are kept; empty if there is one only.
   *
   * @param defaultCount where {@code n_group} is absent
   * @param defaultKept where {@code topk_group} is absent
   */
  Optional<Groups> groups(int defaultCount, int defaultKept, GroupScore score) {
    return new ExpertGroups(family.config(), EXPERTS, experts, topK())
        .read(defaultCount, defaultKept, score);
  }

  /** The feed of a layer; {@code correction}: whether its choice has a bias of its own. */
  FeedPlan feed(int layer, RoutingRule rule, boolean correction) {
    String prefix = family.layer(layer) + "mlp.";
    if (layer < firstSparse) {
      int dense = family.config().count("intermediate_size");
      return new FeedPlan.Dense(family.ffn(prefix, dense, family.activation(), bias));
    }
    GatePlan gate =
        new GatePlan(
            LinearPlan.of(prefix + "gate.weight", experts, family.dModel()),
            Optional.empty(),
            correction ? Optional.of(prefix + "gate.e_score_correction_bias") : Optional.empty(),
            rule);
    ExpertPlan expert =
        family.experts(prefix + "experts.", experts).plan(EXPERTS, width, family.activation());
    return new FeedPlan.Moe(Optional.of(gate), experts, expert, shared(prefix), Optional.empty());
  }

  private Optional<SharedPlan> shared(String prefix) {
    if (shared == 0) {
      return Optional.empty();
    }
    FfnPlan network =
        family.ffn(prefix + "shared_experts.", shared * width, family.activation(), bias);
    return Optional.of(new SharedPlan(network, Optional.empty()));
  }
}
