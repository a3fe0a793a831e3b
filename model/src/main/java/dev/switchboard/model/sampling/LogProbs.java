package dev.switchboard.model.sampling;

import dev.switchboard.model.kernel.Kernels;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Natural logarithms of the softmax of a row of logits, before penalties and temperature. They are
 * told to people, never computed with: hence the one library function, StrictMath.log, which is the
 * same everywhere.
 */
public final class LogProbs {
  /** A token and its log-probability. */
  public record Entry(int token, float logProb) {}

  private final float[] logits;
  private final double logTotal;

  private LogProbs(float[] logits, double logTotal) {
    this.logits = logits;
    this.logTotal = logTotal;
  }

  /** Of finite logits {@code [vocabulary]}, which are kept, not copied. */
  public static LogProbs of(float[] logits) {
    float max = Float.NEGATIVE_INFINITY;
    for (float logit : logits) {
      max = Math.max(max, logit);
    }
    float[] odds = new float[logits.length];
    for (int i = 0; i < odds.length; i++) {
      odds[i] = logits[i] - max;
    }
    Kernels.exp(odds, 0, odds.length);
    return new LogProbs(logits, max + StrictMath.log(LaneSum.of(odds, odds.length)));
  }

  /** Log-probability of one token. */
  public float of(int token) {
    return (float) (logits[token] - logTotal);
  }

  /** The n most probable tokens, best first, ties to the lower id; fewer if there are fewer. */
  public List<Entry> top(int n) {
    if (n < 0) {
      throw new IllegalArgumentException("n is " + n + "; expected 0 or more");
    }
    int[] best = Ranking.best(logits, IntStream.range(0, logits.length).toArray(), n);
    return Arrays.stream(best).mapToObj(token -> new Entry(token, of(token))).toList();
  }
}
