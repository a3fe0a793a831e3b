package dev.switchboard.model.architecture;

import dev.switchboard.model.architecture.RoutingRule.GroupScore;
import dev.switchboard.model.architecture.RoutingRule.Scoring;
import dev.switchboard.model.checkpoint.Checkpoint;
import java.util.List;
import java.util.stream.IntStream;

/**
 * DeepSeek-V3: latent attention; sigmoid scores, chosen by score plus a correction that the weights
 * do not have. Layers that predict further tokens stand behind the last one and are not read.
 */
final class DeepseekV3Architecture {
  static final String MODEL_TYPE = "deepseek_v3";

  private static final float DEFAULT_EPS = 1e-6f;
  private static final float DEFAULT_SCALE = 2.5f;
  private static final int DEFAULT_QUERY_RANK = 1536;
  private static final int DEFAULT_DENSE = 3;
  private static final int DEFAULT_GROUPS = 8;
  private static final int DEFAULT_KEPT = 4;
  private static final int MAX_FURTHER = 64;

  private DeepseekV3Architecture() {}

  static ModelPlan plan(Checkpoint checkpoint, ConfigReader config) {
    FamilyReader family = FamilyReader.of(checkpoint, config, DEFAULT_EPS);
    checkRule(config);
    LatentAttentionReader attention = new LatentAttentionReader(family, family.interleaved(true));
    DeepseekLayers layers = new DeepseekLayers(family, DEFAULT_DENSE, 1, false);
    RoutingRule rule =
        new RoutingRule(
            layers.topK(),
            Scoring.SIGMOID,
            config.flag("norm_topk_prob", true),
            config.positive("routed_scaling_factor", DEFAULT_SCALE),
            layers.groups(DEFAULT_GROUPS, DEFAULT_KEPT, GroupScore.SUM_OF_TWO_BEST));
    return family.plan(
        i ->
            family.layer(
                i,
                attention.plan(family.layer(i) + "self_attn.", DEFAULT_QUERY_RANK),
                layers.feed(i, rule, true)),
        ModelPlan.Factors.NONE,
        false,
        further(family));
  }

  private static void checkRule(ConfigReader config) {
    String scoring = config.text("scoring_func", "sigmoid");
    if (!scoring.equals("sigmoid")) {
      throw config.error("scoring_func", '"' + scoring + '"', "\"sigmoid\"");
    }
    String method = config.text("topk_method", "noaux_tc");
    if (!method.equals("noaux_tc")) {
      throw config.error("topk_method", '"' + method + '"', "\"noaux_tc\"");
    }
  }

  private static List<String> further(FamilyReader family) {
    int first = family.layerCount();
    int count =
        family
            .config()
            .integer(
                family.config().spelling("num_nextn_predict_layers", "num_mtp_layers"),
                0,
                MAX_FURTHER,
                1);
    return IntStream.range(first, first + count)
        .mapToObj(i -> family.layer(i).replace(".", "\\.") + ".*")
        .toList();
  }
}
