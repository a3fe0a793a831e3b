package dev.switchboard.model.architecture;

import dev.switchboard.model.architecture.MixerPlan.Heads;
import dev.switchboard.model.architecture.RoutingRule.Scoring;
import dev.switchboard.model.checkpoint.Checkpoint;
import java.util.List;

/**
 * Jamba: Mamba-1 mixers whose dt, B and C have norms, among them a layer of attention (without
 * rope) in each period; experts in each other period. Softmax over all experts, never divided by
 * the sum of the chosen.
 */
final class JambaArchitecture {
  static final String MODEL_TYPE = "jamba";

  private static final float DEFAULT_EPS = 1e-6f;
  private static final int DEFAULT_KEY_HEADS = 8;
  private static final String EXPERTS = "num_experts";
  private static final Mamba1Reader.Keys KEYS =
      new Mamba1Reader.Keys(
          "mamba_d_state",
          "mamba_d_conv",
          "mamba_expand",
          "mamba_dt_rank",
          "mamba_conv_bias",
          "mamba_proj_bias");

  private final FamilyReader family;
  private final Mamba1Reader mamba;
  private final int experts;

  private JambaArchitecture(FamilyReader family) {
    this.family = family;
    this.mamba = new Mamba1Reader(family, KEYS);
    this.experts = family.config().integer(expertsKey(family.config()), 0, 1 << 24, 16);
  }

  private static String expertsKey(ConfigReader config) {
    return config.spelling(EXPERTS, "num_local_experts");
  }

  static ModelPlan plan(Checkpoint checkpoint, ConfigReader config) {
    FamilyReader family = FamilyReader.of(checkpoint, config, names(), "rms_norm_eps", DEFAULT_EPS);
    return family.plan(new JambaArchitecture(family)::layer);
  }

  /** Of Jamba and Bamba. */
  static FamilyNames names() {
    return new FamilyNames(
        "model.embed_tokens.weight",
        "model.layers.",
        "model.final_layernorm.weight",
        "lm_head.weight",
        List.of());
  }

  /** The norms of Jamba's and Bamba's layers. */
  static LayerPlan layer(FamilyReader family, int index, MixerPlan mixer, FeedPlan feed) {
    String prefix = family.layer(index);
    return LayerPlan.of(
        Branch.of(family.norm(prefix + "input_layernorm.weight"), mixer),
        Branch.of(family.norm(prefix + "pre_ff_layernorm.weight"), feed));
  }

  private LayerPlan layer(int index) {
    String prefix = family.layer(index);
    MixerPlan mixer =
        isAt(index, "attn_layer_period", 8, "attn_layer_offset", 4)
            ? new AttentionReader(family, prefix + "self_attn.", heads()).plan()
            : mamba.plan(prefix + "mamba.", true);
    return layer(family, index, mixer, feed(index, prefix + "feed_forward."));
  }

  private Heads heads() {
    boolean given = family.config().root().has("num_key_value_heads");
    return family.heads(given ? 0 : DEFAULT_KEY_HEADS, 0);
  }

  private boolean isAt(
      int layer, String periodKey, int defaultPeriod, String offsetKey, int defaultOffset) {
    ConfigReader config = family.config();
    int period = config.count(periodKey, defaultPeriod);
    int offset = config.integer(offsetKey, 0, 1 << 24, defaultOffset);
    if (offset >= period) {
      throw config.error(
          offsetKey, offset, "less than %s, which is %s".formatted(periodKey, period));
    }
    return layer % period == offset;
  }

  private FeedPlan feed(int index, String prefix) {
    ConfigReader config = family.config();
    int intermediate = config.count("intermediate_size");
    boolean sparse = isAt(index, "expert_layer_period", 2, "expert_layer_offset", 1);
    if (experts > 1 && sparse) {
      String key = expertsKey(config);
      RoutingRule rule =
          RoutingRule.of(
              family.topK("num_experts_per_tok", experts, key), Scoring.SOFTMAX_OF_ALL, false);
      return FamilyReader.moe(
          GatePlan.of(prefix + "router.weight", experts, family.dModel(), rule),
          family
              .experts(prefix + "experts.", experts)
              .plan(key, intermediate, family.activation()));
    }
    FfnPlan network = family.ffn(prefix, intermediate, family.activation(), false);
    return experts > 1 ? new FeedPlan.Dense(network) : FeedPlan.Moe.dense(network);
  }
}
