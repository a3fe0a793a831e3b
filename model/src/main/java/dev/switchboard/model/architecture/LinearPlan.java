package dev.switchboard.model.architecture;

import java.util.Optional;

/**
 * {@code y = W x + b}.
 *
 * @param bias {@code [weight.rows]}; empty: none
 */
public record LinearPlan(MatrixPlan weight, Optional<VectorPlan> bias) {
  public LinearPlan {
    if (bias.isPresent() && bias.get().rows().count() != weight.rows().count()) {
      throw new IllegalArgumentException(bias.get() + " beside " + weight);
    }
  }

  /** Without a bias. */
  public static LinearPlan of(MatrixPlan weight) {
    return new LinearPlan(weight, Optional.empty());
  }

  /** A tensor of its own, without a bias. */
  public static LinearPlan of(String tensor, int rows, int columns) {
    return of(MatrixPlan.of(tensor, rows, columns));
  }

  /** {@code prefix + "weight"} and, if wanted, {@code prefix + "bias"}. */
  public static LinearPlan of(String prefix, int rows, int columns, boolean bias) {
    return new LinearPlan(
        MatrixPlan.of(prefix + "weight", rows, columns),
        bias ? Optional.of(VectorPlan.of(prefix + "bias", rows)) : Optional.empty());
  }
}
