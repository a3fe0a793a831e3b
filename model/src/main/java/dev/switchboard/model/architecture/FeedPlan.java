package dev.switchboard.model.architecture;

import java.util.Optional;

/** What works on each token by itself. */
public sealed interface FeedPlan {
  /** One network for every token, computed with the trunk. */
  record Dense(FfnPlan network) implements FeedPlan {}

  /**
   * Routed experts beside an optional shared one.
   *
   * @param gate empty: there is one expert, always chosen, with weight 1 (a dense model as experts
   *     of one)
   * @param latent empty: experts work in dModel
   */
  record Moe(
      Optional<GatePlan> gate,
      int experts,
      ExpertPlan expert,
      Optional<SharedPlan> shared,
      Optional<LatentPlan> latent)
      implements FeedPlan {
    public Moe {
      if (experts < 1 || gate.isEmpty() && experts != 1) {
        throw new IllegalArgumentException(experts + " experts, gate " + gate);
      }
    }

    /** A dense network as the only expert. */
    public static Moe dense(FfnPlan network) {
      return new Moe(
          Optional.empty(), 1, new ExpertPlan.Ffn(network), Optional.empty(), Optional.empty());
    }

    /** Experts awake a token. */
    public int topK() {
      return gate.map(g -> g.rule().topK()).orElse(1);
    }
  }
}
