package dev.switchboard.model.architecture;

import java.util.Optional;

/** What works on each token by itself. */
public sealed interface FeedPlan {
  /**
   * Routed experts beside an optional shared one.
   *
   * @param gateTensor {@code [experts, dModel]}
   * @param gateDecayTensor {@code [1]}: the gate remembers; empty: it does not
   */
  record Moe(
      String gateTensor,
      Optional<String> gateDecayTensor,
      RoutingRule rule,
      int experts,
      ExpertPlan expert,
      Optional<SharedPlan> shared)
      implements FeedPlan {}
}
