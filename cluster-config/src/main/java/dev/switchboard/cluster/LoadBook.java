package dev.switchboard.cluster;

import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * Adds up what all processes have counted. Every router counts its own tokens, so the sum over the
 * live ones and those that left cleanly is exact once the cluster is quiet for longer than the
 * publishing interval.
 *
 * @param routers loads of live routers by id; an entry {@link RouterLoad#RETIRED} holds those that
 *     left
 * @param nodes loads of live nodes by id
 */
public record LoadBook(Map<String, RouterLoad> routers, Map<String, NodeLoad> nodes) {
  public LoadBook {
    routers = Map.copyOf(routers);
    nodes = Map.copyOf(nodes);
  }

  /** What a grid knows now. */
  public static LoadBook of(Grid grid) {
    return new LoadBook(grid.routerLoads(), grid.nodeLoads());
  }

  /** The same book with a router's own latest numbers in place of the published ones. */
  public LoadBook with(RouterLoad own) {
    Map<String, RouterLoad> all = new java.util.HashMap<>(routers);
    all.put(own.routerId(), own);
    return new LoadBook(all, nodes);
  }

  /** Sum over all routers, those that left included. */
  public RouterLoad total() {
    return sum(routers.values());
  }

  /** Tokens per layer and expert, over all routers. */
  public ExpertCounts tokens() {
    return total().tokens();
  }

  /** Passes of one token through the whole model, over all routers. */
  public long tokensRouted() {
    return total().tokensRouted();
  }

  /** Multiply-adds that experts did, on nodes and in routers. */
  public long expertMultiplyAdds() {
    long onNodes = nodes.values().stream().mapToLong(NodeLoad::multiplyAdds).sum();
    return Math.addExact(onNodes, total().localMultiplyAdds());
  }

  /** Loads of the live routers, by id. */
  public List<RouterLoad> live() {
    return routers.entrySet().stream()
        .filter(entry -> !entry.getKey().equals(RouterLoad.RETIRED))
        .sorted(Map.Entry.comparingByKey())
        .map(Map.Entry::getValue)
        .toList();
  }

  private static RouterLoad sum(Collection<RouterLoad> loads) {
    return loads.stream().reduce(RouterLoad.none("(all)"), RouterLoad::plus);
  }
}
