package dev.switchboard.cluster;

import java.util.Objects;

/**
 * Everything that adds up of what processes of one model have counted.
 *
 * @param tokens tokens sent to each expert by routers, {@code [layers, experts]}
 * @param tokensRouted passes of one token through the whole model
 * @param localMultiplyAdds multiply-adds of experts that routers ran themselves
 * @param nodes what nodes have done
 */
public record LoadTotals(
    ExpertCounts tokens, long tokensRouted, long localMultiplyAdds, NodeWork nodes) {
  /** Nothing counted. */
  public static final LoadTotals NONE =
      new LoadTotals(ExpertCounts.zero(0, 0), 0, 0, NodeWork.NONE);

  public LoadTotals {
    Objects.requireNonNull(tokens, "tokens");
    Objects.requireNonNull(nodes, "nodes");
  }

  /** The sum of both. */
  public LoadTotals plus(LoadTotals other) {
    return new LoadTotals(
        tokens.plus(other.tokens),
        Math.addExact(tokensRouted, other.tokensRouted),
        Math.addExact(localMultiplyAdds, other.localMultiplyAdds),
        nodes.plus(other.nodes));
  }

  /** Multiply-adds that experts did, on nodes and in routers. */
  public long expertMultiplyAdds() {
    return Math.addExact(localMultiplyAdds, nodes.multiplyAdds());
  }
}
