package dev.switchboard.cluster;

import dev.switchboard.cluster.plan.Loads;
import dev.switchboard.cluster.plan.Plan;
import dev.switchboard.cluster.plan.PlanLimits;
import dev.switchboard.cluster.plan.PlanNode;
import dev.switchboard.cluster.plan.PlanRequest;
import dev.switchboard.cluster.plan.Planner;
import dev.switchboard.cluster.plan.Spread;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * A placement by load, from the one in force: what {@link Planner} decides about units, said as a
 * placement.
 *
 * @param request with the placement in force, and nodes that are settled
 * @param book how nodes are to be used
 * @param lately tokens by unit
 * @param total copies of all units together
 * @param speeds of nodes by id, relative to each other; of others 1
 */
@SuppressWarnings("ArrayRecordComponent") // made, asked once, never compared
record LoadPlacement(
    PlacementRequest request,
    Placement current,
    NodeBook book,
    long[] lately,
    int total,
    Map<String, Double> speeds) {
  /** A unit that nobody asks for counts as this part of the mean: memory is spread too. */
  private static final int PRIOR = 16;

  /** Nodes without a bound take so much more than their share of copies. */
  private static final double MOST_OF_SHARE = 1.5;

  /**
   * What decides whether there is something to repair, and room for it; loads only say where.
   *
   * @param epoch of the placement in force
   */
  record Inputs(long epoch, int units, int replicas, int total, List<PlanNode> nodes) {}

  Inputs inputs() {
    return new Inputs(current.epoch(), request.units(), request.replicas(), total, nodes());
  }

  /** What has to be done whatever the load is: copies of what has too few, and nothing else. */
  Placement repaired(String why) {
    return planned(why, new PlanLimits(request.replicas(), total, 0, 0.999));
  }

  /** The load evened by so many moves at the most, if it is further from what could be. */
  Placement leveled(String why, int moves, double tolerance) {
    return planned(why, new PlanLimits(request.replicas(), total, moves, tolerance));
  }

  /** The same whatever it moves, on all nodes: those that have come get their part. */
  Placement shared(String why, double tolerance) {
    return planned(why, new PlanLimits(request.replicas(), total, total, tolerance, true));
  }

  private Placement planned(String why, PlanLimits limits) {
    Plan plan =
        Planner.plan(
            new PlanRequest(
                loads(),
                nodes(),
                Optional.of(new Spread(List.of(known()))),
                limits,
                current.epoch()));
    List<List<String>> holders = keptWhereNobodyElse(plan.spread().rows().getFirst());
    List<String> nodes = placedNodes();
    if (sameTerms() && holders.equals(current.holders()) && nodes.equals(current.nodes())) {
      return current;
    }
    long held = request.nodes().stream().mapToLong(NodeInfo::heldEpoch).max().orElse(0);
    return new Placement(
        Math.max(held, current.epoch()) + 1,
        request.model(),
        request.units(),
        request.added(),
        request.replicas(),
        nodes,
        holders,
        Decision.of(why, plan.changes(), plan.before(), plan.after()));
  }

  /** Holders by unit, of as many units as there are now. */
  private List<List<String>> known() {
    List<List<String>> known = new ArrayList<>(request.units());
    for (int unit = 0; unit < request.units(); unit++) {
      known.add(known(unit));
    }
    return known;
  }

  /** Units of added experts are behind all others, of which there may be more or fewer now. */
  private List<String> known(int unit) {
    int beyond = unit - (request.units() - request.added());
    if (beyond >= 0) {
      return current.replicas(current.firstAdded() + beyond);
    }
    return unit < current.firstAdded() ? current.replicas(unit) : List.of();
  }

  /** Whether the placement in force is of the experts and copies that are asked for. */
  boolean sameTerms() {
    return current.units() == request.units()
        && current.added() == request.added()
        && current.copies() == request.replicas();
  }

  private Loads loads() {
    long[] values = new long[request.units()];
    long sum = 0;
    for (int unit = 0; unit < Math.min(values.length, lately.length); unit++) {
      sum += lately[unit];
    }
    long prior = Math.max(PRIOR, sum / Math.max(1, values.length));
    for (int unit = 0; unit < values.length; unit++) {
      values[unit] = (unit < lately.length ? lately[unit] * PRIOR : 0) + prior;
    }
    return Loads.of(1, values.length, values);
  }

  private List<PlanNode> nodes() {
    List<NodeInfo> own =
        request.nodes().stream().filter(node -> node.model().equals(request.model())).toList();
    long open = own.stream().filter(node -> use(node) == PlanNode.Use.OPEN).count();
    int share = (int) Math.ceil(MOST_OF_SHARE * total / Math.max(1, open)) + 1;
    boolean memoryIsEnough = memoryIsEnough(own);
    return own.stream()
        .map(node ->
            new PlanNode(
                node.id(),
                slots(node, share, memoryIsEnough),
                speeds.getOrDefault(node.id(), 1.0),
                node.domain(),
                use(node)))
        .toList();
  }

  /** Whether every copy that has to be somewhere can be awake, wherever it is. */
  private boolean memoryIsEnough(List<NodeInfo> own) {
    long room =
        own.stream()
            .filter(node -> use(node) == PlanNode.Use.OPEN)
            .mapToLong(node -> Math.min(request.units(), memory(node)))
            .sum();
    long copies = Math.min(request.replicas(), own.size());
    return room >= copies * request.units();
  }

  private int memory(NodeInfo node) {
    return node.memoryExperts() == 0 ? request.units() : node.memoryExperts();
  }

  /** What its disk holds, or less: nothing sleeps on one node while there is memory on another. */
  private int slots(NodeInfo node, int share, boolean memoryIsEnough) {
    int there = current.unitsOf(node.id()).size();
    int onDisk = node.capacityExperts() == 0 ? Math.max(share, there) : node.capacityExperts();
    return node.memoryExperts() > 0 && memoryIsEnough
        ? Math.min(onDisk, Math.max(node.memoryExperts(), there))
        : onDisk;
  }

  private PlanNode.Use use(NodeInfo node) {
    if (node.state() == NodeState.DRAINING) {
      return PlanNode.Use.DRAINING;
    }
    return book.use(node.id())
        .map(use -> use == NodeBook.Use.DRAINED ? PlanNode.Use.DRAINING : PlanNode.Use.CORDONED)
        .orElse(PlanNode.Use.OPEN);
  }

  /** A leaving node keeps what nobody else can take: better there than nowhere. */
  private List<List<String>> keptWhereNobodyElse(List<List<String>> planned) {
    Set<String> live = request.nodes().stream().map(NodeInfo::id).collect(Collectors.toSet());
    List<List<String>> kept = new ArrayList<>(planned);
    for (int unit = 0; unit < kept.size(); unit++) {
      if (kept.get(unit).isEmpty()) {
        kept.set(unit, known(unit).stream().filter(live::contains).toList());
      }
    }
    return kept;
  }

  private List<String> placedNodes() {
    Set<String> nodes = new TreeSet<>();
    for (NodeInfo node : request.nodes()) {
      boolean usable = node.state() == NodeState.JOINING || node.state() == NodeState.READY;
      boolean ours = node.model().equals(request.model());
      if (ours && (usable || current.nodes().contains(node.id()))) {
        nodes.add(node.id());
      }
    }
    return List.copyOf(nodes);
  }
}
