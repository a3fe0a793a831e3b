package dev.switchboard.model.architecture;

import dev.switchboard.model.architecture.RopePlan.Scaling;
import java.util.List;
import java.util.Optional;

/**
 * How long a prompt may be: without attention as long as one likes; otherwise {@code
 * max_position_embeddings}, or further where rope is scaled from that length on and the file keeps
 * the one before.
 */
final class PromptLimits {
  private static final int DEFAULT = 32_768;

  /** A state of constant size has no longest text. */
  private static final int NONE = Integer.MAX_VALUE;

  private PromptLimits() {}

  static int of(ConfigReader config, List<LayerPlan> layers) {
    if (layers.stream().flatMap(layer -> layer.mixer().stream()).noneMatch(PromptLimits::attends)) {
      return NONE;
    }
    int given = config.integer("max_position_embeddings", 1, Integer.MAX_VALUE, DEFAULT);
    double most =
        layers.stream()
            .flatMap(layer -> layer.mixer().stream())
            .flatMap(branch -> rope(branch.block()).stream())
            .mapToDouble(rope -> reach(rope.scaling(), given))
            .max()
            .orElse(given);
    return (int) Math.max(given, Math.min(most, Integer.MAX_VALUE));
  }

  private static boolean attends(Branch<MixerPlan> mixer) {
    return switch (mixer.block()) {
      case MixerPlan.Attention _, MixerPlan.LatentAttention _ -> true;
      case MixerPlan.Mamba1 _, MixerPlan.Mamba2 _ -> false;
    };
  }

  private static Optional<RopePlan> rope(MixerPlan mixer) {
    return switch (mixer) {
      case MixerPlan.Attention attention -> attention.rope();
      case MixerPlan.LatentAttention latent -> Optional.of(latent.rope());
      case MixerPlan.Mamba1 _, MixerPlan.Mamba2 _ -> Optional.empty();
    };
  }

  private static double reach(Scaling scaling, int given) {
    return switch (scaling) {
      case Scaling.Linear(double factor) -> given * factor;
      case Scaling.Dynamic(double factor, int original) -> original * factor;
      case Scaling.Yarn yarn -> yarn.originalLength() * yarn.factor();
      case Scaling.Default _, Scaling.LongRope _, Scaling.Llama3 _ -> given;
    };
  }
}
