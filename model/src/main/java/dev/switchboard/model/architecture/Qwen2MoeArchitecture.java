package dev.switchboard.model.architecture;

import dev.switchboard.model.architecture.MixerPlan.Heads;
import dev.switchboard.model.checkpoint.Checkpoint;
import java.util.Optional;

/**
 * Qwen 2 (and 1.5) with experts: biases on q, k and v; beside the experts a shared one, times the
 * sigmoid of a gate of its own; see {@link SparseLayers}.
 */
final class Qwen2MoeArchitecture {
  static final String MODEL_TYPE = "qwen2_moe";

  private static final float DEFAULT_EPS = 1e-6f;
  private static final double DEFAULT_THETA = 10_000;
  private static final int DEFAULT_KEY_VALUE_HEADS = 16;
  private static final int DEFAULT_WINDOW_LAYERS = 28;

  private Qwen2MoeArchitecture() {}

  static ModelPlan plan(Checkpoint checkpoint, ConfigReader config) {
    FamilyReader family = FamilyReader.of(checkpoint, config, DEFAULT_EPS);
    Heads heads = family.heads(DEFAULT_KEY_VALUE_HEADS, 0);
    RopePlan rope = family.rope(heads.dim(), DEFAULT_THETA);
    LayerTypes types = everySecondSlides(family);
    SparseLayers sparse = new SparseLayers(family);
    boolean bias = config.flag("qkv_bias", true);
    return family.plan(i -> {
      MixerPlan mixer =
          new AttentionReader(family, family.layer(i) + "self_attn.", heads)
              .biases(bias, false)
              .rope(rope)
              .window(types.window(i))
              .plan();
      return family.layer(i, mixer, feed(family, sparse, i));
    });
  }

  /** Of the first {@code max_window_layers}, every second one, if {@code use_sliding_window}. */
  private static LayerTypes everySecondSlides(FamilyReader family) {
    Optional<Integer> window = Qwen2Architecture.usedWindow(family);
    int end = family.config().integer("max_window_layers", 0, 1 << 24, DEFAULT_WINDOW_LAYERS);
    return new LayerTypes(family, window, i -> window.isPresent() && i % 2 == 0 && i < end);
  }

  private static FeedPlan feed(FamilyReader family, SparseLayers sparse, int layer) {
    if (!sparse.has(layer)) {
      return sparse.feed(layer);
    }
    String prefix = family.layer(layer) + "mlp.";
    FeedPlan.Moe moe = sparse.moe(prefix);
    FfnPlan shared =
        family.ffn(
            prefix + "shared_expert.",
            family.config().count("shared_expert_intermediate_size"),
            family.activation(),
            false);
    LinearPlan gate = LinearPlan.of(prefix + "shared_expert_gate.weight", 1, family.dModel());
    return new FeedPlan.Moe(
        moe.gate(),
        moe.experts(),
        moe.expert(),
        Optional.of(new SharedPlan(shared, Optional.of(gate))),
        Optional.empty());
  }
}
