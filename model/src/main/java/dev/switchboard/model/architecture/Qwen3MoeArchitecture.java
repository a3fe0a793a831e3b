package dev.switchboard.model.architecture;

import dev.switchboard.model.architecture.MixerPlan.Heads;
import dev.switchboard.model.checkpoint.Checkpoint;
import java.util.Optional;

/** Qwen 3 with experts: q and k are normalised head by head; see {@link SparseLayers}. */
final class Qwen3MoeArchitecture {
  static final String MODEL_TYPE = "qwen3_moe";

  private static final float DEFAULT_EPS = 1e-6f;
  private static final double DEFAULT_THETA = 10_000;
  private static final int DEFAULT_KEY_VALUE_HEADS = 4;

  private Qwen3MoeArchitecture() {}

  static ModelPlan plan(Checkpoint checkpoint, ConfigReader config) {
    FamilyReader family = FamilyReader.of(checkpoint, config, DEFAULT_EPS);
    Heads heads = family.heads(DEFAULT_KEY_VALUE_HEADS, 0);
    RopePlan rope = family.rope(heads.dim(), DEFAULT_THETA);
    Optional<Integer> window = Qwen2Architecture.usedWindow(family);
    SparseLayers sparse = new SparseLayers(family);
    return family.plan(i -> {
      MixerPlan mixer =
          Qwen3Architecture.attention(family, family.layer(i) + "self_attn.", heads)
              .rope(rope)
              .window(window)
              .plan();
      return family.layer(i, mixer, sparse.feed(i));
    });
  }
}
