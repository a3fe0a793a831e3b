package dev.switchboard.cluster;

import java.util.List;
import java.util.Optional;

/**
 * What one process knew of the cluster at one moment: an immutable snapshot.
 *
 * @param nodes live expert nodes that have announced themselves, by id
 * @param routers live routers that have announced themselves, oldest first
 * @param placement the placement in force, if there is one
 * @param experts what has been said about experts
 * @param book what has been said about nodes, and decided about the placement
 * @param version grows with every change that this process saw
 */
public record ClusterView(
    List<NodeInfo> nodes,
    List<RouterInfo> routers,
    Optional<Placement> placement,
    ExpertBook experts,
    NodeBook book,
    long version) {
  /** Nobody, nothing. */
  public static final ClusterView EMPTY =
      new ClusterView(List.of(), List.of(), Optional.empty(), 0);

  /** Nothing has been said about nodes. */
  public ClusterView(
      List<NodeInfo> nodes,
      List<RouterInfo> routers,
      Optional<Placement> placement,
      ExpertBook experts,
      long version) {
    this(nodes, routers, placement, experts, NodeBook.EMPTY, version);
  }

  /** Nothing has been said about experts. */
  public ClusterView(
      List<NodeInfo> nodes, List<RouterInfo> routers, Optional<Placement> placement, long version) {
    this(nodes, routers, placement, ExpertBook.EMPTY, version);
  }

  public ClusterView {
    nodes = List.copyOf(nodes);
    routers = List.copyOf(routers);
  }

  /** The live node of that id. */
  public Optional<NodeInfo> node(String id) {
    return nodes.stream().filter(node -> node.id().equals(id)).findFirst();
  }

  /**
   * Live nodes that have said they are ready with a unit and that the placement gives it to, by id.
   * Empty without a placement.
   */
  public List<NodeInfo> readyHolders(int unit) {
    List<String> holders = placement.map(p -> p.replicas(unit)).orElse(List.of());
    return nodes.stream()
        .filter(node -> holders.contains(node.id()))
        .filter(node -> node.state() == NodeState.READY || node.state() == NodeState.DRAINING)
        .filter(node -> node.heldUnits().contains(unit))
        .toList();
  }

  /** Whether all routers of a model can send to every holder of the placement of that epoch. */
  public boolean reached(String model, long epoch) {
    return routers.stream()
        .filter(router -> router.model().equals(model))
        .allMatch(router -> router.reachedEpoch() >= epoch);
  }

  /** Whether there is a placement and every unit of it has a live holder that is ready. */
  public boolean complete() {
    if (placement.isEmpty()) {
      return false;
    }
    for (int unit = 0; unit < placement.get().units(); unit++) {
      if (readyHolders(unit).isEmpty()) {
        return false;
      }
    }
    return true;
  }

  /** Whether two views say the same, whatever their versions. */
  public boolean sameAs(ClusterView other) {
    return nodes.equals(other.nodes)
        && routers.equals(other.routers)
        && placement.equals(other.placement)
        && experts.equals(other.experts)
        && book.equals(other.book);
  }
}
