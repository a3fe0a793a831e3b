package dev.switchboard.cluster;

import java.util.Objects;

/**
 * What one router has done since it started, and has to do now.
 *
 * @param routerId id of the router
 * @param model fingerprint of the model that it serves
 * @param tokens tokens sent to each expert, {@code [layers, experts]}
 * @param tokensRouted passes of one token through the whole model
 * @param localMultiplyAdds multiply-adds of experts that the router ran itself
 * @param runningRequests requests being answered
 * @param queuedRequests requests waiting
 * @param cost what the process takes
 */
public record RouterLoad(
    String routerId,
    String model,
    ExpertCounts tokens,
    long tokensRouted,
    long localMultiplyAdds,
    int runningRequests,
    int queuedRequests,
    ProcessCost cost) {
  public RouterLoad {
    Objects.requireNonNull(routerId, "routerId");
    Objects.requireNonNull(model, "model");
    Objects.requireNonNull(tokens, "tokens");
    Objects.requireNonNull(cost, "cost");
  }

  /** Nothing done. */
  public static RouterLoad none(String routerId) {
    return new RouterLoad(routerId, "", ExpertCounts.zero(0, 0), 0, 0, 0, 0, ProcessCost.NONE);
  }

  /** What stays of it when it leaves. */
  public LoadTotals totals() {
    return new LoadTotals(tokens, tokensRouted, localMultiplyAdds, NodeWork.NONE);
  }

  /** The same but for what is different at every look, though nothing was done. */
  public RouterLoad with(ProcessCost otherCost) {
    return new RouterLoad(
        routerId,
        model,
        tokens,
        tokensRouted,
        localMultiplyAdds,
        runningRequests,
        queuedRequests,
        otherCost);
  }
}
