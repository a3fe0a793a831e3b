package dev.switchboard.model.architecture;

import java.util.Optional;

/**
 * The gate of a layer.
 *
 * @param weight {@code [experts, dModel]}
 * @param decay tensor {@code [1]}: the gate remembers; empty: it does not
 * @param correctionBias tensor {@code [experts]}, added to the scores for the choice alone; empty:
 *     none
 */
public record GatePlan(
    LinearPlan weight, Optional<String> decay, Optional<String> correctionBias, RoutingRule rule) {
  /** A gate that neither remembers nor corrects. */
  public static GatePlan of(String tensor, int experts, int dModel, RoutingRule rule) {
    return new GatePlan(
        LinearPlan.of(tensor, experts, dModel), Optional.empty(), Optional.empty(), rule);
  }
}
