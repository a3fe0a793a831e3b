package dev.switchboard.training.twin;

import ai.djl.ndarray.NDArray;
import dev.switchboard.training.twin.Weights.Bound;

/** Who takes which token: a rule for the experts of one layer. */
public interface Router {
  /**
   * A layer in one forward pass.
   *
   * @param sequences n
   * @param length T, tokens of each sequence
   */
  record Layer(TwinConfig config, Bound weights, int index, long sequences, long length) {
    /** This layer's weight of that name. */
    public NDArray weight(String name) {
      return weights.get(index, name);
    }
  }

  /**
   * @param u {@code [n*T, d]}, normalised
   * @return {@code [n*T, d]}: what the experts of this layer add
   */
  NDArray experts(Layer layer, NDArray u);

  /** Sequences lie domain by domain, equally many of each; expert e takes those of domain e. */
  static Router byDomain() {
    return (layer, u) -> Experts.parts(layer, 0, layer.config().expertCount(), u);
  }

  /** The same where only the domains {@code [from, to)} are there. */
  static Router byDomain(int from, int to) {
    return (layer, u) -> Experts.parts(layer, from, to, u);
  }

  /** No expert at all: the shared path alone. */
  static Router nobody() {
    return (layer, u) -> u.zerosLike();
  }
}
