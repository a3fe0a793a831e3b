package dev.switchboard.model.architecture;

import dev.switchboard.model.architecture.MixerPlan.Heads;
import dev.switchboard.model.architecture.RopePlan.Scaling;
import dev.switchboard.model.architecture.RoutingRule.Scoring;
import dev.switchboard.model.checkpoint.Checkpoint;
import java.util.Optional;

/**
 * gpt-oss: biases everywhere, an extra logit per head in the softmax's denominator, layers that
 * slide in turns; clamped experts whose matrices are stored {@code [experts, in, out]}, gate and up
 * in alternating columns, or as MXFP4.
 */
final class GptOssArchitecture {
  static final String MODEL_TYPE = "gpt_oss";

  private static final float DEFAULT_EPS = 1e-5f;
  private static final double DEFAULT_THETA = 150_000;
  private static final int DEFAULT_KEY_VALUE_HEADS = 8;
  private static final int DEFAULT_HEAD_DIM = 64;
  private static final int DEFAULT_WINDOW = 128;
  private static final float DEFAULT_ALPHA = 1.702f;
  private static final float DEFAULT_LIMIT = 7f;

  /** What holds where the configuration says nothing of rope. */
  private static final Scaling DEFAULT_SCALING =
      new Scaling.Yarn(32, 32, 1, 4096, false, Scaling.Yarn.magnitude(32, 1));

  private final FamilyReader family;
  private final ConfigReader config;
  private final String key;
  private final int experts;
  private final int width;

  private GptOssArchitecture(FamilyReader family) {
    this.family = family;
    this.config = family.config();
    this.key = config.spelling("num_local_experts", "num_experts");
    this.experts = config.count(key);
    this.width = config.count("intermediate_size");
  }

  static ModelPlan plan(Checkpoint checkpoint, ConfigReader config) {
    FamilyReader family = FamilyReader.of(checkpoint, config, DEFAULT_EPS);
    return new GptOssArchitecture(family).plan();
  }

  private ModelPlan plan() {
    Heads heads = family.heads(DEFAULT_KEY_VALUE_HEADS, DEFAULT_HEAD_DIM);
    RopePlan rope = rope(heads.dim());
    Optional<Integer> window =
        config.root().has("sliding_window") ? family.window() : Optional.of(DEFAULT_WINDOW);
    LayerTypes types = new LayerTypes(family, window, i -> i % 2 == 0);
    boolean bias = config.flag("attention_bias", true);
    return family.plan(i -> {
      MixerPlan mixer =
          new AttentionReader(family, family.layer(i) + "self_attn.", heads)
              .biases(bias, bias)
              .rope(rope)
              .window(types.window(i))
              .sinks("sinks")
              .plan();
      return family.layer(i, mixer, moe(family.layer(i) + "mlp."));
    });
  }

  private RopePlan rope(int headDim) {
    if (config.has("rope_scaling") || config.has("rope_parameters")) {
      return family.rope(headDim, DEFAULT_THETA);
    }
    double theta = config.has("rope_theta") ? config.positive("rope_theta") : DEFAULT_THETA;
    return new RopePlan(headDim, theta, DEFAULT_SCALING, family.interleaved(false));
  }

  private FeedPlan moe(String prefix) {
    RoutingRule rule =
        RoutingRule.of(
            family.topK(config.spelling("num_experts_per_tok", "experts_per_token"), experts, key),
            Scoring.SOFTMAX_OF_CHOSEN,
            false);
    GatePlan gate =
        new GatePlan(
            LinearPlan.of(prefix + "router.", experts, family.dModel(), true),
            Optional.empty(),
            Optional.empty(),
            rule);
    return FamilyReader.moe(gate, new ExpertPlan.Ffn(network(prefix + "experts.")));
  }

  private FfnPlan network(String prefix) {
    Activation activation =
        new Activation.ClampedSwiglu(
            config.positive("swiglu_alpha", DEFAULT_ALPHA),
            config.positive("swiglu_limit", DEFAULT_LIMIT));
    if (family.holds(prefix + "down_exps.weight")) {
      return family.experts(prefix, experts).apart(key, width, activation);
    }
    family.checkExperts(prefix + "gate_up_proj_bias", key, experts);
    return new FfnPlan(
        Optional.of(half(prefix, 0)),
        half(prefix, 1),
        stored(prefix + "down_proj", Rows.all(family.dModel()), width),
        activation);
  }

  /** Gate and up alternate. */
  private LinearPlan half(String prefix, int first) {
    return stored(prefix + "gate_up_proj", Rows.everySecond(first, 2 * width), family.dModel());
  }

  private LinearPlan stored(String tensor, Rows rows, int columns) {
    return new LinearPlan(
        MatrixPlan.of(tensor, rows, columns).stacked(experts).asTransposed(),
        Optional.of(new VectorPlan(tensor + "_bias", rows, experts)));
  }
}
