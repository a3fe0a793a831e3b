package dev.switchboard.cluster;

import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What all processes have counted. Each counts its own, so the sum over the live ones and those
 * that left cleanly is exact once the cluster is quiet for longer than the publishing interval.
 *
 * @param routers loads of live routers by id
 * @param nodes loads of live nodes by id
 * @param uses what the experts of live nodes have done, by the node's id
 * @param left what those have counted that are not there any more, by fingerprint of their model
 */
public record LoadBook(
    Map<String, RouterLoad> routers,
    Map<String, NodeLoad> nodes,
    Map<String, ExpertUses> uses,
    Map<String, LoadTotals> left) {
  /** Nothing counted. */
  public static final LoadBook EMPTY = new LoadBook(Map.of(), Map.of(), Map.of(), Map.of());

  /** Under it those of models that nobody has served for long are kept as one. */
  public static final String OTHER_MODELS = "(others)";

  public LoadBook {
    routers = Map.copyOf(routers);
    nodes = Map.copyOf(nodes);
    uses = Map.copyOf(uses);
    left = Map.copyOf(left);
  }

  /** The same book with a router's own latest numbers in place of the published ones. */
  public LoadBook with(RouterLoad own) {
    Map<String, RouterLoad> all = new HashMap<>(routers);
    all.put(own.routerId(), own);
    return new LoadBook(all, nodes, uses, left);
  }

  /** The same book with a node's own latest numbers in place of the published ones. */
  public LoadBook with(NodeLoad own) {
    Map<String, NodeLoad> all = new HashMap<>(nodes);
    all.put(own.nodeId(), own);
    return new LoadBook(routers, all, uses, left);
  }

  /** What concerns one model alone. */
  public LoadBook of(String model) {
    Map<String, RouterLoad> itsRouters = new HashMap<>(routers);
    itsRouters.values().removeIf(load -> !load.model().equals(model));
    Map<String, NodeLoad> itsNodes = new HashMap<>(nodes);
    itsNodes.values().removeIf(load -> !load.model().equals(model));
    Map<String, ExpertUses> itsUses = new HashMap<>(uses);
    itsUses.keySet().retainAll(itsNodes.keySet());
    Map<String, LoadTotals> itsLeft = new HashMap<>(left);
    itsLeft.keySet().retainAll(List.of(model));
    return new LoadBook(itsRouters, itsNodes, itsUses, itsLeft);
  }

  /** Sum over all processes, those that left included. */
  public LoadTotals total() {
    LoadTotals sum = leftTotal();
    for (RouterLoad load : routers.values()) {
      sum = sum.plus(load.totals());
    }
    for (NodeLoad load : nodes.values()) {
      sum = sum.plus(load.totals());
    }
    return sum;
  }

  /** Sum over those that are not there any more. */
  public LoadTotals leftTotal() {
    return left.values().stream().reduce(LoadTotals.NONE, LoadTotals::plus);
  }

  /** Ids of the live processes that have published something. */
  public Set<String> processes() {
    Set<String> ids = new HashSet<>(routers.keySet());
    ids.addAll(nodes.keySet());
    return ids;
  }

  /** Loads of the live routers, by id. */
  public List<RouterLoad> live() {
    return routers.values().stream().sorted(Comparator.comparing(RouterLoad::routerId)).toList();
  }
}
