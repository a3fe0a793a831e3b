package dev.switchboard.model.sampling;

import dev.switchboard.model.kernel.Kernels;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Chooses a token: penalties, temperature, top-k, top-p, min-p, then one draw from a generator that
 * knows only the seed and the position. Ties go to the lower id everywhere. Running sums of the
 * draw are F64 in one order; all else is F32.
 */
public final class Sampler {
  private Sampler() {}

  /**
   * As the other form, with a history that was all generated.
   *
   * @see #sample(float[], SamplingParams, int[], int, long)
   */
  public static int sample(float[] logits, SamplingParams params, int[] history, long position) {
    return sample(logits, params, history, 0, position);
  }

  /**
   * Chooses the token that follows the history.
   *
   * @param logits {@code [vocabulary]}; left as they are
   * @param history the prompt, then what was generated
   * @param generatedFrom index in the history of the first generated token
   * @param position of the new token in its sequence
   * @throws NonFiniteLogitException for a NaN or infinite logit
   */
  public static int sample(
      float[] logits, SamplingParams params, int[] history, int generatedFrom, long position) {
    float[] x =
        params.penalises() ? Penalties.apply(logits, params, history, generatedFrom) : logits;
    int best = best(x, position);
    if (params.isGreedy()) {
      return best;
    }
    float[] odds = odds(x, best, params.temperature());
    int[] kept = keep(x, odds, params);
    return draw(odds, kept, Philox.uniform(params.seed(), position));
  }

  private static int best(float[] x, long position) {
    if (x.length == 0) {
      throw new IllegalArgumentException("no logits to choose from");
    }
    int best = 0;
    for (int i = 0; i < x.length; i++) {
      if (!Float.isFinite(x[i])) {
        throw new NonFiniteLogitException(i, x[i], position);
      }
      if (x[i] > x[best]) {
        best = i;
      }
    }
    return best;
  }

  /** Probabilities as multiples of the best one's: exp((x - best) / temperature). */
  private static float[] odds(float[] x, int best, float temperature) {
    float[] odds = new float[x.length];
    for (int i = 0; i < x.length; i++) {
      odds[i] = (x[i] - x[best]) / temperature;
    }
    Kernels.exp(odds, 0, odds.length);
    return odds;
  }

  /** Ids that the filters leave: best first if there is a top-k or top-p, else by id. */
  private static int[] keep(float[] x, float[] odds, SamplingParams params) {
    int[] kept = IntStream.range(0, x.length).toArray();
    boolean someK = params.topK() > 0 && params.topK() < x.length;
    if (someK) {
      kept = Ranking.best(x, kept, params.topK());
    }
    if (params.topP() < 1) {
      float[] values = gather(odds, kept);
      float total = LaneSum.of(values, values.length);
      int[] ranked =
          someK ? kept : Ranking.best(x, nucleusCandidates(odds, total, params.topP()), x.length);
      kept = nucleus(odds, ranked, (double) params.topP() * total);
    }
    if (params.minP() > 0) {
      kept = IntStream.of(kept).filter(id -> odds[id] >= params.minP()).toArray();
    }
    return kept;
  }

  /**
   * What can belong to the nucleus at all: tokens below (1 - p) / n of the total add up to less
   * than 1 - p, so the others reach p without them. Half of that is rounding's share. Saves sorting
   * the vocabulary.
   */
  private static int[] nucleusCandidates(float[] odds, float total, float topP) {
    double least = 0.5 * (1.0 - topP) / odds.length * total;
    return IntStream.range(0, odds.length).filter(id -> odds[id] >= least).toArray();
  }

  /** The shortest run of best tokens that reaches the target. */
  private static int[] nucleus(float[] odds, int[] ranked, double target) {
    double sum = 0;
    for (int i = 0; i < ranked.length; i++) {
      sum += odds[ranked[i]];
      if (sum >= target) {
        return Arrays.copyOf(ranked, i + 1);
      }
    }
    return ranked;
  }

  private static int draw(float[] odds, int[] kept, float uniform) {
    double total = 0;
    for (int id : kept) {
      total += odds[id];
    }
    double target = uniform * total;
    double sum = 0;
    int last = kept[0];
    for (int id : kept) {
      sum += odds[id];
      if (sum > target) {
        return id;
      }
      last = id;
    }
    return last;
  }

  private static float[] gather(float[] values, int[] ids) {
    float[] gathered = new float[ids.length];
    for (int i = 0; i < ids.length; i++) {
      gathered[i] = values[ids[i]];
    }
    return gathered;
  }
}
