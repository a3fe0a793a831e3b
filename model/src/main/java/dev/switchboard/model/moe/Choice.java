package dev.switchboard.model.moe;

import dev.switchboard.model.architecture.RoutingRule;
import dev.switchboard.model.architecture.RoutingRule.Groups;
import dev.switchboard.model.architecture.RoutingRule.Scoring;
import dev.switchboard.model.kernel.ElementKernels;
import dev.switchboard.model.kernel.Kernels;
import dev.switchboard.model.kernel.Scratch;
import dev.switchboard.model.kernel.Scratch.Slot;
import java.util.Arrays;

/**
 * Applies a routing rule to the logits of one token.
 *
 * <pre>
 * scores  = softmax(logits), sigmoid(logits), or the logits (softmax of the chosen)
 * ranking = scores + correction;   groups: only experts of the best groups stay
 * masked  : logit and ranking are -infinity, never chosen
 * chosen  = the topK of the ranking, best first, ties to the lower index
 * weights = the chosen scores;  / their sum;  * scale
 * </pre>
 */
public final class Choice {
  /** What keeps a sum of sigmoids from being zero (DeepSeek-V3's reference). */
  private static final float LEAST_SUM = 1e-20f;

  private final RoutingRule rule;
  private final int experts;
  private final float[] correction;

  /**
   * @param correction {@code [experts]}, added to the scores for the choice alone; or empty
   * @throws IllegalArgumentException if the rule does not fit so many experts
   */
  public Choice(RoutingRule rule, int experts, float[] correction) {
    rule.checkFits(experts);
    if (correction.length != 0 && correction.length != experts) {
      throw new IllegalArgumentException(
          correction.length + " corrections for " + experts + " experts");
    }
    this.rule = rule;
    this.experts = experts;
    this.correction = correction.clone();
  }

  /**
   * Whether there is enough to choose from without those that are masked.
   *
   * @throws IllegalArgumentException naming what is left, if not
   */
  public void check(ExpertMask mask) {
    mask.check(rule, experts);
  }

  /** Experts awake a token. */
  public int topK() {
    return rule.topK();
  }

  /**
   * Writes the {@code topK} chosen, best first, and their weights.
   *
   * @param logits {@code [experts]} at {@code offset}; overwritten
   */
  // size: arrays and offsets instead of views, nothing is allocated per call
  public void choose(
      float[] logits, int offset, int[] chosen, float[] weights, int at, Scratch scratch) {
    choose(logits, offset, ExpertMask.NONE, chosen, weights, at, scratch);
  }

  /**
   * The same among those that are not masked; a mask that {@link ExpertMask#check} lets pass.
   *
   * @param logits {@code [experts]} at {@code offset}; overwritten
   */
  // size: arrays and offsets instead of views, nothing is allocated per call
  public void choose(
      float[] logits,
      int offset,
      ExpertMask mask,
      int[] chosen,
      float[] weights,
      int at,
      Scratch scratch) {
    int k = rule.topK();
    if (!mask.isEmpty()) {
      close(logits, offset, mask);
    }
    if (rule.scoring() == Scoring.SOFTMAX_OF_ALL) {
      Kernels.softmax(logits, offset, experts, scratch);
    } else if (rule.scoring() == Scoring.SIGMOID) {
      ElementKernels.sigmoid(logits, offset, experts);
    }
    best(logits, offset, mask, chosen, at, scratch);
    for (int rank = at; rank < at + k; rank++) {
      weights[rank] = logits[offset + chosen[rank]];
    }
    weigh(weights, at, scratch);
  }

  private void close(float[] values, int offset, ExpertMask mask) {
    for (int e = 0; e < experts; e++) {
      if (mask.has(e)) {
        values[offset + e] = Float.NEGATIVE_INFINITY;
      }
    }
  }

  /** From the chosen scores to weights. */
  private void weigh(float[] weights, int at, Scratch scratch) {
    int k = rule.topK();
    if (rule.scoring() == Scoring.SOFTMAX_OF_CHOSEN) {
      Kernels.softmax(weights, at, k, scratch);
    } else if (rule.renormalise()) {
      float sum = Kernels.sum(weights, at, k, scratch);
      if (rule.scoring() == Scoring.SIGMOID) {
        sum += LEAST_SUM;
      }
      for (int rank = at; rank < at + k; rank++) {
        weights[rank] /= sum;
      }
    }
    ElementKernels.multiply(weights, at, rule.scale(), k);
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  private void best(
      float[] scores, int offset, ExpertMask mask, int[] chosen, int at, Scratch scratch) {
    float[] ranking = scores;
    int first = offset;
    if (correction.length > 0) {
      ranking = scratch.floats(Slot.GATE_RANKING, experts);
      first = 0;
      System.arraycopy(scores, offset, ranking, 0, experts);
      Kernels.add(ranking, 0, correction, 0, experts);
    }
    if (!mask.isEmpty()) {
      // A score of 0 is not the least there is.
      close(ranking, first, mask);
    }
    long groups = rule.groups().isPresent() ? keptGroups(ranking, first) : -1L;
    int width = rule.groups().isPresent() ? experts / rule.groups().get().count() : experts;
    Arrays.fill(chosen, at, at + rule.topK(), -1);
    for (int e = 0; e < experts; e++) {
      if ((groups >>> (e / width) & 1) != 0 && !mask.has(e)) {
        insert(e, ranking, first, chosen, at);
      }
    }
  }

  /** Keeps the best so far sorted; an equal one stays behind those before it. */
  private void insert(int expert, float[] ranking, int first, int[] chosen, int at) {
    int place = at + rule.topK();
    float value = ranking[first + expert];
    while (place > at && (chosen[place - 1] < 0 || value > ranking[first + chosen[place - 1]])) {
      place--;
    }
    if (place < at + rule.topK()) {
      System.arraycopy(chosen, place, chosen, place + 1, at + rule.topK() - place - 1);
      chosen[place] = expert;
    }
  }

  /** The best groups, a bit each; ties go to the lower index. */
  private long keptGroups(float[] ranking, int first) {
    Groups groups = rule.groups().orElseThrow();
    int width = experts / groups.count();
    long kept = 0;
    for (int i = 0; i < groups.kept(); i++) {
      int best = -1;
      float bestScore = 0f;
      for (int g = 0; g < groups.count(); g++) {
        if ((kept >>> g & 1) == 0) {
          float score = groupScore(groups, ranking, first + g * width, width);
          if (best < 0 || score > bestScore) {
            best = g;
            bestScore = score;
          }
        }
      }
      kept |= 1L << best;
    }
    return kept;
  }

  private static float groupScore(Groups groups, float[] ranking, int from, int width) {
    float best = Float.NEGATIVE_INFINITY;
    float second = Float.NEGATIVE_INFINITY;
    for (int i = from; i < from + width; i++) {
      float value = ranking[i];
      if (value > best) {
        second = best;
        best = value;
      } else if (value > second) {
        second = value;
      }
    }
    return switch (groups.score()) {
      case BEST -> best;
      case SUM_OF_TWO_BEST -> best + second;
    };
  }
}
