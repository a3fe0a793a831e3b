package dev.switchboard.model.architecture;

import java.util.Optional;

/**
 * {@code down(activation(gate x, up x))}.
 *
 * @param gate {@code [intermediate, dModel]}; empty for networks without a gate
 * @param up {@code [intermediate, dModel]}
 * @param down {@code [dModel, intermediate]}
 */
public record FfnPlan(
    Optional<LinearPlan> gate, LinearPlan up, LinearPlan down, Activation activation) {
  /** SwiGLU: {@code gate_proj.weight}, {@code up_proj.weight}, {@code down_proj.weight}. */
  public static FfnPlan swiGlu(String prefix, int dModel, int intermediate) {
    return new FfnPlan(
        Optional.of(LinearPlan.of(prefix + "gate_proj.weight", intermediate, dModel)),
        LinearPlan.of(prefix + "up_proj.weight", intermediate, dModel),
        LinearPlan.of(prefix + "down_proj.weight", dModel, intermediate),
        new Activation.Silu());
  }

  /** Width between the projections. */
  public int intermediate() {
    return up.weight().rows().count();
  }
}
