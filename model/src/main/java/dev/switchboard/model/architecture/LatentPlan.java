package dev.switchboard.model.architecture;

/**
 * Routed experts that work in a narrower space: {@code up(sum of weight * expert(down x))}.
 *
 * @param down {@code [latent, dModel]}
 * @param up {@code [dModel, latent]}
 */
public record LatentPlan(LinearPlan down, LinearPlan up) {
  /** What the experts take for dModel. */
  public int width() {
    return down.weight().rows().count();
  }
}
