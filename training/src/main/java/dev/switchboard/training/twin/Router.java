package dev.switchboard.training.twin;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import dev.switchboard.training.twin.Weights.Bound;

/** Who takes which token: a rule for the experts of one layer. */
public interface Router {
  /**
   * @param u {@code [n*T, d]}, normalised
   * @return {@code [n*T, d]}: what the experts of this layer add
   */
  NDArray experts(TwinConfig config, Bound weights, int layer, NDArray u);

  /** Sequences lie domain by domain, equally many of each; expert e takes those of domain e. */
  static Router byDomain() {
    return (config, weights, layer, u) ->
        FeedForward.parts(weights.get(layer, "expert_in"), weights.get(layer, "expert_out"), u);
  }

  /** The same where only the domains {@code [from, to)} are there. */
  static Router byDomain(int from, int to) {
    NDIndex some = new NDIndex("{}:{}", from, to);
    return (config, weights, layer, u) ->
        FeedForward.parts(
            weights.get(layer, "expert_in").get(some),
            weights.get(layer, "expert_out").get(some),
            u);
  }

  /** No expert at all: the shared path alone. */
  static Router nobody() {
    return (config, weights, layer, u) -> u.zerosLike();
  }
}
