package dev.switchboard.model.architecture;

import java.util.Optional;

/**
 * How a gate's logits become experts and weights.
 *
 * @param topK experts awake a token
 * @param renormalise whether the weights of the chosen are divided by their sum
 * @param scale what the weights are multiplied by in the end; 1 for most
 * @param groups the choice falls on few groups first; empty: it does not
 */
public record RoutingRule(
    int topK, Scoring scoring, boolean renormalise, float scale, Optional<Groups> groups) {
  /** What turns logits into scores. */
  public enum Scoring {
    /** Softmax over the logits of the chosen alone. */
    SOFTMAX_OF_CHOSEN,
    /** Softmax over all logits; the chosen keep their share. */
    SOFTMAX_OF_ALL,
    /** The sigmoid of each logit by itself. */
    SIGMOID
  }

  /** What ranks a group of neighbouring experts. */
  public enum GroupScore {
    /** Its best expert. */
    BEST,
    /** The sum of its two best. */
    SUM_OF_TWO_BEST
  }

  /**
   * Experts in groups of neighbours; only those of the best groups can be chosen.
   *
   * @param count groups of equal size
   * @param kept groups that stay
   */
  public record Groups(int count, int kept, GroupScore score) {}

  public RoutingRule {
    if (topK < 1) {
      throw new IllegalArgumentException("topK is " + topK + "; expected at least 1");
    }
  }

  /** Without scale and groups. */
  public static RoutingRule of(int topK, Scoring scoring, boolean renormalise) {
    return new RoutingRule(topK, scoring, renormalise, 1f, Optional.empty());
  }
}
