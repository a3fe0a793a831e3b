package dev.switchboard.model.architecture;

/**
 * How a gate's logits become experts and weights.
 *
 * @param topK experts awake a token
 * @param renormalise whether the weights of the chosen are divided by their sum
 */
public record RoutingRule(int topK, Scoring scoring, boolean renormalise) {
  /** What turns logits into weights. */
  public enum Scoring {
    /** Softmax over the logits of the chosen alone. */
    SOFTMAX_OF_CHOSEN,
    /** Softmax over all logits; the chosen keep their share. */
    SOFTMAX_OF_ALL
  }

  public RoutingRule {
    if (topK < 1) {
      throw new IllegalArgumentException("topK is " + topK + "; expected at least 1");
    }
  }
}
