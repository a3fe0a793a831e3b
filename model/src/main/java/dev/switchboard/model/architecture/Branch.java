package dev.switchboard.model.architecture;

import java.util.Optional;

/**
 * {@code h += multiplier * after(block(norm(h)))}.
 *
 * @param after Gemma's norm behind a block; empty: none
 */
public record Branch<T>(NormPlan norm, T block, Optional<NormPlan> after) {
  public static <T> Branch<T> of(NormPlan norm, T block) {
    return new Branch<>(norm, block, Optional.empty());
  }
}
