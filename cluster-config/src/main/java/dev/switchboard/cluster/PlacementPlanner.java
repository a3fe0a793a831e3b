package dev.switchboard.cluster;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Decides which node holds which experts: a pure function of what is there.
 *
 * <p>A lost node takes its replicas out and moves nothing: what it alone held is gone until a node
 * joins, so that a crash never sets off a wave of loading. When a node joins, everything is spread
 * evenly again (first every unit gets its first copy, then node loads differ by one at the most as
 * far as capacities allow, and no node has more than its memory holds while another has room in its
 * own), with the fewest moves that give such a spread. Two copies of a unit never share a node.
 */
public final class PlacementPlanner {
  private PlacementPlanner() {}

  /** The placement that should be in force; the previous one itself if nothing is to change. */
  public static Placement plan(PlacementRequest request) {
    Optional<Placement> comparable = request.previous().filter(old -> comparable(old, request));
    if (comparable.isPresent() && newcomers(request, comparable.get()).isEmpty()) {
      return withoutTheLost(request, comparable.get());
    }
    return spread(request, comparable);
  }

  /** Nodes of the request that can take experts and that a placement did not know, by id. */
  static List<NodeInfo> newcomers(PlacementRequest request, Placement previous) {
    return usable(request).stream().filter(node -> !previous.nodes().contains(node.id())).toList();
  }

  private static boolean comparable(Placement old, PlacementRequest request) {
    return old.model().equals(request.model())
        && old.units() == request.units()
        && old.added() == request.added()
        && old.copies() == request.replicas();
  }

  /** Nodes of the request that can take experts, by id. */
  static List<NodeInfo> usable(PlacementRequest request) {
    return request.nodes().stream()
        .filter(node -> node.model().equals(request.model()))
        .filter(node -> node.state() == NodeState.JOINING || node.state() == NodeState.READY)
        .sorted(Comparator.comparing(NodeInfo::id))
        .toList();
  }

  private static Placement withoutTheLost(PlacementRequest request, Placement old) {
    Set<String> live =
        request.nodes().stream()
            .filter(node -> node.model().equals(request.model()))
            .map(NodeInfo::id)
            .collect(Collectors.toSet());
    if (live.containsAll(old.nodes())) {
      return old;
    }
    List<List<String>> holders =
        old.holders().stream().map(ids -> ids.stream().filter(live::contains).toList()).toList();
    List<String> nodes = old.nodes().stream().filter(live::contains).toList();
    return placement(request, nodes, holders);
  }

  private static Placement placement(
      PlacementRequest request, List<String> nodes, List<List<String>> holders) {
    long held = request.nodes().stream().mapToLong(NodeInfo::heldEpoch).max().orElse(0);
    long epoch = Math.max(held, request.previous().map(Placement::epoch).orElse(0L)) + 1;
    return new Placement(
        epoch,
        request.model(),
        request.units(),
        request.added(),
        request.replicas(),
        nodes,
        holders);
  }

  private static Placement spread(PlacementRequest request, Optional<Placement> previous) {
    List<NodeInfo> nodes = usable(request);
    List<Set<Integer>> held = nodes.stream().map(node -> held(node, previous)).toList();
    int copies = Math.min(request.replicas(), nodes.size());
    Network network = new Network(request.units(), nodes, copies);
    List<List<String>> holders = network.assign(held);
    return placement(request, nodes.stream().map(NodeInfo::id).toList(), holders);
  }

  /** What a node has or was to have: leaving it there moves nothing. */
  private static Set<Integer> held(NodeInfo node, Optional<Placement> previous) {
    Set<Integer> held = new HashSet<>(node.heldUnits());
    previous.ifPresent(old -> held.addAll(old.unitsOf(node.id())));
    return held;
  }

  /**
   * The spread as a flow: source -> unit of experts (1 a copy) -> node (at most once, dearer if it
   * is a move) -> sink (1 a unit held). Every further copy of a unit and every further unit of a
   * node costs more than the last, which makes the cheapest flow the even one.
   */
  private static final class Network {
    private final int units;
    private final List<NodeInfo> nodes;
    private final int copies;
    private final MinCostFlow flow;

    Network(int units, List<NodeInfo> nodes, int copies) {
      this.units = units;
      this.nodes = nodes;
      this.copies = copies;
      this.flow = new MinCostFlow(units + nodes.size() + 2);
    }

    List<List<String>> assign(List<Set<Integer>> held) {
      int source = units + nodes.size();
      int sink = source + 1;
      long moreOnNode = (long) units * copies + 1;
      // Beyond its memory a node takes something only where no other has room in its own.
      long beyondMemory = moreOnNode * (units + 1);
      long moreCopies = 2 * moreOnNode * (units + 1) * (units + 1) * copies;
      int[][] edges = new int[units][nodes.size()];
      for (int unit = 0; unit < units; unit++) {
        for (int copy = 0; copy < copies; copy++) {
          flow.addEdge(source, unit, moreCopies * copy);
        }
        for (int node = 0; node < nodes.size(); node++) {
          long move = held.get(node).contains(unit) ? 0 : 1;
          edges[unit][node] = flow.addEdge(unit, units + node, move);
        }
      }
      for (int node = 0; node < nodes.size(); node++) {
        for (int taken = 0; taken < capacity(nodes.get(node)); taken++) {
          long asleep = taken < memory(nodes.get(node)) ? 0 : beyondMemory;
          flow.addEdge(units + node, sink, moreOnNode * taken + asleep);
        }
      }
      flow.solve(source, sink);
      return holders(edges);
    }

    private int capacity(NodeInfo node) {
      return node.capacityExperts() == 0 ? units : Math.min(units, node.capacityExperts());
    }

    private int memory(NodeInfo node) {
      return node.memoryExperts() == 0 ? units : node.memoryExperts();
    }

    private List<List<String>> holders(int[][] edges) {
      List<List<String>> holders = new ArrayList<>();
      for (int[] edgesOfUnit : edges) {
        List<String> ids = new ArrayList<>();
        for (int node = 0; node < edgesOfUnit.length; node++) {
          if (flow.used(edgesOfUnit[node])) {
            ids.add(nodes.get(node).id());
          }
        }
        holders.add(ids);
      }
      return holders;
    }
  }
}
