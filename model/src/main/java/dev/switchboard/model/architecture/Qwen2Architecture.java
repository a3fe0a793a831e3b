package dev.switchboard.model.architecture;

import dev.switchboard.model.architecture.MixerPlan.Heads;
import dev.switchboard.model.checkpoint.Checkpoint;
import java.util.Optional;

/** Qwen 2 and 2.5: biases on q, k and v; the last layers may see a window of keys. */
final class Qwen2Architecture {
  static final String MODEL_TYPE = "qwen2";

  private static final float DEFAULT_EPS = 1e-6f;
  private static final double DEFAULT_THETA = 10_000;
  private static final int DEFAULT_KEY_VALUE_HEADS = 32;
  private static final int DEFAULT_WINDOW = 4096;
  private static final int DEFAULT_WINDOW_LAYERS = 28;

  private Qwen2Architecture() {}

  static ModelPlan plan(Checkpoint checkpoint, ConfigReader config) {
    FamilyReader family = FamilyReader.of(checkpoint, config, DEFAULT_EPS);
    Heads heads = family.heads(DEFAULT_KEY_VALUE_HEADS, 0);
    RopePlan rope = family.rope(heads.dim(), DEFAULT_THETA);
    LayerTypes types = lastSlide(family);
    return family.plan(i -> {
      String layer = family.layer(i);
      MixerPlan mixer =
          new AttentionReader(family, layer + "self_attn.", heads)
              .biases(true, false)
              .rope(rope)
              .window(types.window(i))
              .plan();
      FfnPlan ffn =
          family.ffn(layer + "mlp.", config.count("intermediate_size"), family.activation(), false);
      return family.layer(i, mixer, FeedPlan.Moe.dense(ffn));
    });
  }

  /** The layers from {@code max_window_layers} on slide, if {@code use_sliding_window}. */
  static LayerTypes lastSlide(FamilyReader family) {
    ConfigReader config = family.config();
    Optional<Integer> window = usedWindow(family);
    int first = config.integer("max_window_layers", 0, 1 << 24, DEFAULT_WINDOW_LAYERS);
    return new LayerTypes(family, window, i -> window.isPresent() && i >= first);
  }

  /** {@code sliding_window}, if {@code use_sliding_window}. */
  static Optional<Integer> usedWindow(FamilyReader family) {
    ConfigReader config = family.config();
    if (!config.flag("use_sliding_window", false)) {
      return Optional.empty();
    }
    return config.root().has("sliding_window") ? family.window() : Optional.of(DEFAULT_WINDOW);
  }
}
