package dev.switchboard.cluster;

import java.util.Objects;

/**
 * What one router has done since it started, and has to do now.
 *
 * @param routerId id of the router
 * @param tokens tokens sent to each expert, {@code [layers, experts]}
 * @param tokensRouted passes of one token through the whole model
 * @param localMultiplyAdds multiply-adds of experts that the router ran itself
 * @param runningRequests requests being answered
 * @param queuedRequests requests waiting
 */
public record RouterLoad(
    String routerId,
    ExpertCounts tokens,
    long tokensRouted,
    long localMultiplyAdds,
    int runningRequests,
    int queuedRequests) {
  /** Id under which the totals of routers that left are kept. */
  public static final String RETIRED = "(left)";

  public RouterLoad {
    Objects.requireNonNull(routerId, "routerId");
    Objects.requireNonNull(tokens, "tokens");
  }

  /** Nothing done. */
  public static RouterLoad none(String routerId) {
    return new RouterLoad(routerId, ExpertCounts.zero(0, 0), 0, 0, 0, 0);
  }

  /** The totals of both, under this one's id; for what is running now, the sum too. */
  public RouterLoad plus(RouterLoad other) {
    return new RouterLoad(
        routerId,
        tokens.plus(other.tokens),
        Math.addExact(tokensRouted, other.tokensRouted),
        Math.addExact(localMultiplyAdds, other.localMultiplyAdds),
        runningRequests + other.runningRequests,
        queuedRequests + other.queuedRequests);
  }

  /** What stays of a router that leaves: its totals, with nothing running. */
  public RouterLoad retired() {
    return new RouterLoad(RETIRED, tokens, tokensRouted, localMultiplyAdds, 0, 0);
  }
}
