package dev.switchboard.training.gate;

import dev.switchboard.training.twin.TwinConfig;
import java.util.Arrays;

/**
 * What one step measured, averaged over its micro-batches.
 *
 * @param tokensPerExpert tokens that each expert got, over all layers
 */
public record GateSums(
    double lmLoss,
    double balanceLoss,
    double zLoss,
    double domainLoss,
    double entropy,
    long[] tokensPerExpert) {
  private static final int MEANS = 5;

  static int length(TwinConfig config) {
    return MEANS + config.expertCount();
  }

  /** Reads them from behind the gradient. */
  static GateSums read(long[] sums, TwinConfig config, int microBatches) {
    int at = GateParameters.size(config);
    double[] means = new double[MEANS];
    for (int i = 0; i < MEANS; i++) {
      means[i] = FixedPoint.toDouble(sums[at + i]) / microBatches;
    }
    long[] tokens = Arrays.copyOfRange(sums, at + MEANS, at + MEANS + config.expertCount());
    return new GateSums(means[0], means[1], means[2], means[3], means[4], tokens);
  }

  public double total(GateLoss loss) {
    return lmLoss + loss.balance() * balanceLoss + loss.z() * zLoss + loss.domain() * domainLoss;
  }

  /** Mean load by the largest load: 1 if all experts get the same. */
  public double balance() {
    long most = Math.max(1, Arrays.stream(tokensPerExpert).max().orElse(1));
    return Arrays.stream(tokensPerExpert).average().orElse(0) / most;
  }
}
