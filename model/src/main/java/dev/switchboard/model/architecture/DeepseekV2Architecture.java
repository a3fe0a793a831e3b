package dev.switchboard.model.architecture;

import dev.switchboard.model.architecture.RoutingRule.GroupScore;
import dev.switchboard.model.architecture.RoutingRule.Groups;
import dev.switchboard.model.architecture.RoutingRule.Scoring;
import dev.switchboard.model.checkpoint.Checkpoint;
import java.util.Optional;

/**
 * DeepSeek-V2: latent attention; softmax over all experts, the best of the best groups, times
 * {@code routed_scaling_factor}, and never divided by their sum (transformers reads no {@code
 * norm_topk_prob} here).
 */
final class DeepseekV2Architecture {
  static final String MODEL_TYPE = "deepseek_v2";

  private static final float DEFAULT_EPS = 1e-6f;
  private static final int DEFAULT_QUERY_RANK = 1536;
  private static final int DEFAULT_SHARED = 2;

  private DeepseekV2Architecture() {}

  static ModelPlan plan(Checkpoint checkpoint, ConfigReader config) {
    FamilyReader family = FamilyReader.of(checkpoint, config, DEFAULT_EPS);
    LatentAttentionReader attention = new LatentAttentionReader(family, family.interleaved(true));
    DeepseekLayers layers =
        new DeepseekLayers(family, 0, DEFAULT_SHARED, config.flag("mlp_bias", false));
    RoutingRule rule =
        new RoutingRule(
            layers.topK(),
            Scoring.SOFTMAX_OF_ALL,
            false,
            config.positive("routed_scaling_factor", 1f),
            groups(config, layers));
    return family.plan(i ->
        family.layer(
            i,
            attention.plan(family.layer(i) + "self_attn.", DEFAULT_QUERY_RANK),
            layers.feed(i, rule, false)));
  }

  private static Optional<Groups> groups(ConfigReader config, DeepseekLayers layers) {
    String scoring = config.text("scoring_func", "softmax");
    if (!scoring.equals("softmax")) {
      throw config.error("scoring_func", '"' + scoring + '"', "\"softmax\"");
    }
    String method = config.text("topk_method", "greedy");
    return switch (method) {
      case "greedy" -> Optional.empty();
      case "group_limited_greedy" -> layers.groups(1, 1, GroupScore.BEST);
      default ->
          throw config.error(
              "topk_method", '"' + method + '"', "\"greedy\" or \"group_limited_greedy\"");
    };
  }
}
