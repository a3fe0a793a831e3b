package dev.switchboard.cluster;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What one process knew of the cluster at one moment: an immutable snapshot. A process that has
 * said what it serves sees those of its own version, and the others beside them; one that has not
 * sees all as its own.
 *
 * @param nodes live expert nodes of its version that have announced themselves, by id
 * @param routers live routers of its version that have announced themselves, oldest first
 * @param placement the placement in force of its version, if there is one
 * @param experts what has been said about experts
 * @param book what has been said about nodes, and decided about the placement
 * @param others processes of other versions, or that speak no protocol which this one does
 * @param version grows with every change that this process saw
 */
public record ClusterView(
    List<NodeInfo> nodes,
    List<RouterInfo> routers,
    Optional<Placement> placement,
    ExpertBook experts,
    NodeBook book,
    Others others,
    long version) {
  /** Nobody, nothing. */
  public static final ClusterView EMPTY =
      new ClusterView(List.of(), List.of(), Optional.empty(), 0);

  /**
   * Processes that this one does not work with.
   *
   * @param nodes by id
   * @param routers oldest first
   */
  public record Others(List<NodeInfo> nodes, List<RouterInfo> routers) {
    /** Nobody. */
    public static final Others NONE = new Others(List.of(), List.of());

    public Others {
      nodes = List.copyOf(nodes);
      routers = List.copyOf(routers);
    }

    /** How many nodes there are of which version, for people; empty if there are none. */
    public String nodesInWords() {
      return nodes.stream()
          .collect(
              Collectors.groupingBy(NodeInfo::version, LinkedHashMap::new, Collectors.counting()))
          .entrySet()
          .stream()
          .map(entry -> entry.getValue() + " of " + entry.getKey())
          .collect(Collectors.joining("; "));
    }

    /** Where routers are of which version, for people; empty if there are none. */
    public String routersInWords() {
      return routers.stream()
          .map(router -> router.address() + " of " + router.version())
          .collect(Collectors.joining("; "));
    }
  }

  /** Everybody is of one version. */
  // size: as the canonical one
  public ClusterView(
      List<NodeInfo> nodes,
      List<RouterInfo> routers,
      Optional<Placement> placement,
      ExpertBook experts,
      NodeBook book,
      long version) {
    this(nodes, routers, placement, experts, book, Others.NONE, version);
  }

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

  /** All routers, of whichever version: this process's own first. */
  public List<RouterInfo> allRouters() {
    return Stream.concat(routers.stream(), others.routers().stream()).toList();
  }

  /** All nodes, of whichever version: this process's own first. */
  public List<NodeInfo> allNodes() {
    return Stream.concat(nodes.stream(), others.nodes().stream()).toList();
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
        && book.equals(other.book)
        && others.equals(other.others);
  }
}
