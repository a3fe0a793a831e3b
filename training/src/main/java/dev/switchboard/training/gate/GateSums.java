package dev.switchboard.training.gate;

import dev.switchboard.training.twin.TwinConfig;
import java.util.Arrays;

/**
 * What one step measured, averaged over its micro-batches.
 *
 * @param tokens that each expert got, layer by layer
 */
public record GateSums(
    double lmLoss,
    double balanceLoss,
    double zLoss,
    double domainLoss,
    double entropy,
    long[][] tokens) {
  private static final int MEANS = 5;

  static int length(TwinConfig config) {
    return MEANS + config.layers() * config.expertCount();
  }

  /** Reads them from behind the gradient. */
  static GateSums read(long[] sums, TwinConfig config, int microBatches) {
    int at = GateParameters.size(config);
    double[] means = new double[MEANS];
    for (int i = 0; i < MEANS; i++) {
      means[i] = FixedPoint.toDouble(sums[at + i]) / microBatches;
    }
    long[][] tokens = new long[config.layers()][];
    at += MEANS;
    for (int layer = 0; layer < tokens.length; layer++) {
      tokens[layer] = Arrays.copyOfRange(sums, at, at + config.expertCount());
      at += config.expertCount();
    }
    return new GateSums(means[0], means[1], means[2], means[3], means[4], tokens);
  }

  public double total(GateLoss loss) {
    return loss.lm() * lmLoss
        + loss.balance() * balanceLoss
        + loss.z() * zLoss
        + loss.domain() * domainLoss;
  }

  /** Tokens that each expert got, over all layers. */
  public long[] tokensPerExpert() {
    long[] sum = new long[tokens[0].length];
    for (long[] layer : tokens) {
      for (int e = 0; e < sum.length; e++) {
        sum[e] += layer[e];
      }
    }
    return sum;
  }

  /** Mean load by the largest load: 1 if all experts get the same. */
  public double balance() {
    long[] load = tokensPerExpert();
    long most = Math.max(1, Arrays.stream(load).max().orElse(1));
    return Arrays.stream(load).average().orElse(0) / most;
  }
}
