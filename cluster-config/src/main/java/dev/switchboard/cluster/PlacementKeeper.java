package dev.switchboard.cluster;

import dev.switchboard.cluster.plan.Why;
import dev.switchboard.cluster.window.LoadWindow;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;

/**
 * What the leading router does about the placement, as a state machine: a view and the time in, a
 * placement to publish out. It forgets nothing that matters when another router takes over, and
 * what it decides twice it decides alike.
 *
 * <p>In this order: a lost node is taken out at once, and nothing moves for it. Newcomers that have
 * settled get their part: by number while nothing is known of loads, with the fewest moves, else by
 * load. What a leaving node holds goes to others. What has had too few copies for some time gets
 * more. And from time to time, or when somebody asks for it, the load is evened within a budget.
 */
public final class PlacementKeeper {
  /** The window over which tokens are counted for a decision. */
  private static final Duration LATELY = Duration.ofSeconds(60);

  private static final Duration COUNT_EVERY = Duration.ofSeconds(1);

  /** Of all copies, those that one look at the load may move; and never fewer than a swap takes. */
  private static final double MOST_MOVED = 0.15;

  private static final int LEAST_MOVES = 2;
  private static final double TOLERANCE = 0.1;
  private static final double WISHED_TOLERANCE = 0.02;

  private final String model;
  private final ToIntFunction<ClusterView> units;
  private final PlacementRules rules;
  private final Supplier<Map<String, long[]>> unitTokens;
  private final Supplier<Map<String, Double>> speeds;
  private final LoadWindow window = new LoadWindow(LATELY.toNanos());
  private Set<String> newcomers = Set.of();
  private long newcomersSinceNanos;
  private boolean missing;
  private long missingSinceNanos;
  private long looksAtLoadNanos;
  private boolean looked;
  private long countedAtNanos;
  private long wishesSeen = -1;
  private Optional<LoadPlacement.Inputs> futile = Optional.empty();
  private int plans;

  /**
   * @param model its fingerprint
   * @param units of the model's experts, with those that were added to it
   * @param unitTokens tokens by unit since its start of each live router, by its id
   */
  public PlacementKeeper(
      String model,
      ToIntFunction<ClusterView> units,
      PlacementRules rules,
      Supplier<Map<String, long[]>> unitTokens) {
    this(model, units, rules, unitTokens, Map::of);
  }

  /**
   * The same for nodes of different speeds.
   *
   * @param speeds of nodes by id, relative to each other; of others 1
   */
  public PlacementKeeper(
      String model,
      ToIntFunction<ClusterView> units,
      PlacementRules rules,
      Supplier<Map<String, long[]>> unitTokens,
      Supplier<Map<String, Double>> speeds) {
    this.model = model;
    this.units = units;
    this.rules = rules;
    this.unitTokens = unitTokens;
    this.speeds = speeds;
  }

  /** The placement to publish in the place of the view's own, if it should change now. */
  public Optional<Placement> decide(ClusterView view, long nowNanos) {
    look(nowNanos);
    PlacementRequest request = request(view);
    if (request.nodes().stream().noneMatch(node -> node.model().equals(model))) {
      // Nobody to decide for. A router that is cut off from all would undo what others decide.
      return Optional.empty();
    }
    if (view.placement().isEmpty()) {
      PlacementRequest unmarked = request.without(view.book().marks().keySet());
      return enoughToStart(unmarked, view)
          ? Optional.of(first(PlacementPlanner.plan(unmarked)))
          : Optional.empty();
    }
    Placement current = view.placement().get();
    PlacementRequest settled =
        settled(request, current, nowNanos) ? request : request.without(newcomers);
    Next decision = new Next(view, settled, current, window.lately(), nowNanos);
    Placement next = decision.placement();
    boolean stillMissing = decision.missingIn(next);
    if (stillMissing && !missing) {
      missingSinceNanos = nowNanos;
    }
    missing = stillMissing;
    return next.equals(current) ? Optional.empty() : Optional.of(next);
  }

  /** How often it was looked for room for what is missing or leaves. */
  int plans() {
    return plans;
  }

  private void look(long nowNanos) {
    if (!looked) {
      looksAtLoadNanos = nowNanos;
    }
    if (!looked || nowNanos - countedAtNanos >= COUNT_EVERY.toNanos()) {
      looked = true;
      countedAtNanos = nowNanos;
      window.look(nowNanos, unitTokens.get());
    }
  }

  private PlacementRequest request(ClusterView view) {
    return new PlacementRequest(
        model,
        units.applyAsInt(view),
        view.experts().addedTo(model).size(),
        rules.replicas(),
        view.nodes().stream().map(node -> asMarked(node, view.book())).toList(),
        view.placement());
  }

  private static NodeInfo asMarked(NodeInfo node, NodeBook book) {
    boolean drained = book.use(node.id()).filter(NodeBook.Use.DRAINED::equals).isPresent();
    return drained ? node.withState(NodeState.DRAINING) : node;
  }

  private static Placement first(Placement placement) {
    Placement nothing = new Placement(1, placement.model(), 0, 1, List.of(), List.of());
    return placement.because(
        Decision.of("the first placement", Decision.changes(nothing, placement, Why.FIRST), 1, 1));
  }

  private static Placement because(Placement placement, String why) {
    return placement.because(Decision.of(why, List.of(), 1, 1));
  }

  private boolean settled(PlacementRequest request, Placement current, long nowNanos) {
    Set<String> now =
        PlacementPlanner.newcomers(request, current).stream()
            .map(NodeInfo::id)
            .collect(Collectors.toSet());
    if (!now.equals(newcomers)) {
      newcomers = now;
      newcomersSinceNanos = nowNanos;
    }
    return !current.complete()
        || nobodyLeft(request, current)
        || nowNanos - newcomersSinceNanos >= rules.settle().toNanos();
  }

  private static boolean nobodyLeft(PlacementRequest request, Placement current) {
    return request.nodes().stream().map(NodeInfo::id).noneMatch(current.nodes()::contains);
  }

  /**
   * Enough nodes, or nodes that between them hold everything still: those of a router that has
   * started again. Where another version serves, nodes are being replaced one by one, each only
   * after the one before is ready: none of them is waited for.
   */
  private boolean enoughToStart(PlacementRequest request, ClusterView view) {
    List<NodeInfo> nodes =
        request.nodes().stream().filter(node -> node.model().equals(model)).toList();
    long held = nodes.stream().flatMap(node -> node.heldUnits().stream()).distinct().count();
    int wanted = view.others().nodes().isEmpty() ? rules.minNodes() : 1;
    return nodes.size() >= wanted || (request.units() > 0 && held >= request.units());
  }

  /** One decision, from a placement in force. */
  private final class Next {
    private final ClusterView view;
    private final PlacementRequest request;
    private final Placement current;
    private final long[] lately;
    private final long nowNanos;
    private final LoadPlacement byLoad;
    private final List<NodeInfo> usable;

    Next(
        ClusterView view,
        PlacementRequest request,
        Placement current,
        long[] lately,
        long nowNanos) {
      this.view = view;
      this.request = request;
      this.current = current;
      this.lately = lately;
      this.nowNanos = nowNanos;
      this.usable = PlacementPlanner.usable(request);
      this.byLoad =
          new LoadPlacement(request, current, view.book(), lately, copies(), speeds.get());
    }

    Placement placement() {
      Placement lost = comesOrGoes();
      if (lost != current) {
        return lost;
      }
      Set<String> leaving = leaving();
      if (!leaving.isEmpty()) {
        Placement handedOver = repaired("leaving: " + String.join(", ", leaving));
        if (handedOver != current) {
          return handedOver;
        }
      }
      if (missingForLong()) {
        Placement repaired = repaired("too few copies");
        if (repaired != current) {
          return repaired;
        }
      }
      return leveled();
    }

    /** Looked for once: where there is no room, the next look at the same finds none either. */
    private Placement repaired(String why) {
      if (futile.filter(byLoad.inputs()::equals).isPresent()) {
        return current;
      }
      plans++;
      Placement next = byLoad.repaired(why);
      futile = next == current ? Optional.of(byLoad.inputs()) : Optional.empty();
      return next;
    }

    /**
     * Answers to nodes that are gone, to those that have come and settled, and to other experts or
     * numbers of copies: what is in force is extended or cut, and all the rest stays.
     */
    private Placement comesOrGoes() {
      List<String> come =
          PlacementPlanner.newcomers(request, current).stream().map(NodeInfo::id).toList();
      String joined = "joined: " + String.join(", ", come);
      if (!current.model().equals(model)) {
        return because(PlacementPlanner.plan(request), "another model");
      }
      if (!byLoad.sameTerms()) {
        boolean others = current.units() != request.units() || current.added() != request.added();
        String why = others ? "experts were added or removed" : "other replicas wanted";
        return come.isEmpty()
            ? byLoad.repaired(why)
            : byLoad.shared(why + "; " + joined, WISHED_TOLERANCE);
      }
      if (come.isEmpty() || byNumber()) {
        Placement next = PlacementPlanner.plan(request);
        return next == current ? current : explained(next, come);
      }
      return byLoad.shared(joined, WISHED_TOLERANCE);
    }

    private Placement explained(Placement next, List<String> come) {
      Set<String> gone = new TreeSet<>(current.nodes());
      next.nodes().forEach(gone::remove);
      String why =
          come.isEmpty()
              ? "lost: " + String.join(", ", gone)
              : "joined: " + String.join(", ", come);
      Why each = come.isEmpty() ? Why.LOST : Why.LOAD;
      return next.because(Decision.of(why, Decision.changes(current, next, each), 1, 1));
    }

    /** Nothing is known that would make one unit different from another. */
    private boolean byNumber() {
      return Arrays.stream(lately).sum() == 0
          && view.book().marks().isEmpty()
          && request.nodes().stream().noneMatch(node -> node.state() == NodeState.DRAINING)
          && rules.hotReplicas() == 0;
    }

    private int copies() {
      int each = Math.min(rules.replicas(), Math.max(1, usable.size()));
      return request.units() * each + rules.hotReplicas();
    }

    /** Nodes that leave and are still given something. */
    private Set<String> leaving() {
      Set<String> leaving = new TreeSet<>();
      for (NodeInfo node : request.nodes()) {
        if (node.state() == NodeState.DRAINING && !current.unitsOf(node.id()).isEmpty()) {
          leaving.add(node.id());
        }
      }
      return leaving;
    }

    private boolean missingForLong() {
      return missing && nowNanos - missingSinceNanos >= rules.repairAfter().toNanos();
    }

    /** Whether something has fewer copies than it could have. */
    boolean missingIn(Placement placement) {
      Set<String> takers = new HashSet<>();
      for (NodeInfo node : usable) {
        if (view.book().use(node.id()).isEmpty()) {
          takers.add(node.id());
        }
      }
      return placement.holders().stream()
          .anyMatch(holders -> holders.size() < rules.replicas() && !holders.containsAll(takers));
    }

    private Placement leveled() {
      if (wishesSeen < 0) {
        wishesSeen = view.book().wishes();
      }
      if (!inPlace()) {
        return current;
      }
      if (wishesSeen != view.book().wishes()) {
        wishesSeen = view.book().wishes();
        return byLoad.shared("asked for", WISHED_TOLERANCE);
      }
      boolean known = Arrays.stream(lately).sum() > 0;
      if (rules.rebalanceEvery().isZero()
          || !known
          || nowNanos - looksAtLoadNanos < rules.rebalanceEvery().toNanos()) {
        return current;
      }
      looksAtLoadNanos = nowNanos;
      int moves = Math.max(LEAST_MOVES, (int) (copies() * MOST_MOVED));
      return byLoad.leveled("load", moves, TOLERANCE);
    }

    /**
     * Whether nodes hold what is in force, and nothing besides. Until then some hold what they had
     * and what they are to have; another change on top would add to that without bound.
     */
    private boolean inPlace() {
      return view.reached(model, current.epoch())
          && view.nodes().stream()
              .filter(node -> current.nodes().contains(node.id()))
              .filter(node -> node.state() != NodeState.DRAINING)
              .allMatch(node ->
                  node.heldEpoch() == current.epoch()
                      && current.unitsOf(node.id()).containsAll(node.heldUnits()));
    }
  }
}
