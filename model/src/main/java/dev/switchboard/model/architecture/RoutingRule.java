package dev.switchboard.model.architecture;

import java.util.Optional;

/**
 * How a gate's logits become experts and weights.
 *
 * @param topK experts awake a token
 * @param renormalise whether the weights of the chosen are divided by their sum (sigmoids: their
 *     sum + 1e-20); softmax of the chosen needs none
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
   * @param count groups of equal size, at most 64
   * @param kept groups that stay
   */
  public record Groups(int count, int kept, GroupScore score) {
    private static final int MOST = 64;

    public Groups {
      if (count < 1 || count > MOST || kept < 1 || kept > count) {
        throw new IllegalArgumentException(
            kept + " groups of " + count + "; expected 1 to all of at most " + MOST);
      }
    }

    /** Experts that one group must have, at least. */
    public int leastWidth() {
      return score == GroupScore.SUM_OF_TWO_BEST ? 2 : 1;
    }
  }

  public RoutingRule {
    if (topK < 1) {
      throw new IllegalArgumentException("topK is " + topK + "; expected at least 1");
    }
  }

  /**
   * Refuses what cannot be chosen.
   *
   * @throws IllegalArgumentException if there are fewer experts than are awake, or the groups do
   *     not divide them or hold too few
   */
  public void checkFits(int experts) {
    int open =
        groups
            .map(g -> experts % g.count() == 0 ? experts / g.count() * g.kept() : 0)
            .orElse(experts);
    boolean wide = groups.map(g -> experts / g.count() >= g.leastWidth()).orElse(true);
    if (topK > open || !wide) {
      throw new IllegalArgumentException(
          "top " + topK + " of " + experts + " experts" + groups.map(g -> ", " + g).orElse(""));
    }
  }

  /** Without scale and groups. */
  public static RoutingRule of(int topK, Scoring scoring, boolean renormalise) {
    return new RoutingRule(topK, scoring, renormalise, 1f, Optional.empty());
  }
}
