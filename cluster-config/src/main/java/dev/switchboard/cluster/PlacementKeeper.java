package dev.switchboard.cluster;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;

/**
 * What the leading router does about the placement, as a state machine: a view and the time in, a
 * placement to publish out. It forgets nothing that matters when another router takes over, and
 * what it decides twice it decides alike.
 */
public final class PlacementKeeper {
  private final String model;
  private final ToIntFunction<ClusterView> units;
  private final int replicas;
  private final int minNodes;
  private final long settleNanos;
  private Set<String> newcomers = Set.of();
  private long newcomersSinceNanos;

  /**
   * @param model fingerprint of the model
   * @param units units of its experts
   * @param replicas copies wanted of each unit
   * @param minNodes nodes that the first placement waits for; at least one is always needed
   * @param settle how long newcomers must have been there, with no further one, before all is
   *     spread anew; not waited for while a unit is gone
   */
  public PlacementKeeper(String model, int units, int replicas, int minNodes, Duration settle) {
    this(model, view -> units, replicas, minNodes, settle);
  }

  /**
   * @param units of the model's experts, with those that were added to it
   * @see #PlacementKeeper(String, int, int, int, Duration)
   */
  public PlacementKeeper(
      String model, ToIntFunction<ClusterView> units, int replicas, int minNodes, Duration settle) {
    this.model = model;
    this.units = units;
    this.replicas = replicas;
    this.minNodes = Math.max(1, minNodes);
    this.settleNanos = settle.toNanos();
  }

  /** The placement to publish in the place of the view's own, if it should change now. */
  public Optional<Placement> decide(ClusterView view, long nowNanos) {
    PlacementRequest request =
        new PlacementRequest(
            model,
            units.applyAsInt(view),
            view.experts().addedTo(model).size(),
            replicas,
            view.nodes(),
            view.placement());
    if (view.placement().isEmpty()) {
      return enoughToStart(request)
          ? Optional.of(PlacementPlanner.plan(request))
          : Optional.empty();
    }
    Placement current = view.placement().get();
    PlacementRequest settled =
        settled(request, current, nowNanos) ? request : withoutNewcomers(request);
    Placement next = PlacementPlanner.plan(settled);
    return next.equals(current) ? Optional.empty() : Optional.of(next);
  }

  private PlacementRequest withoutNewcomers(PlacementRequest request) {
    List<NodeInfo> known =
        request.nodes().stream().filter(node -> !newcomers.contains(node.id())).toList();
    return new PlacementRequest(
        model, request.units(), request.added(), replicas, known, request.previous());
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
    return !current.complete() || nowNanos - newcomersSinceNanos >= settleNanos;
  }

  /**
   * Enough nodes, or nodes that between them hold everything still: those of a router that has
   * started again.
   */
  private boolean enoughToStart(PlacementRequest request) {
    List<NodeInfo> nodes =
        request.nodes().stream().filter(node -> node.model().equals(model)).toList();
    long held = nodes.stream().flatMap(node -> node.heldUnits().stream()).distinct().count();
    return nodes.size() >= minNodes || (request.units() > 0 && held >= request.units());
  }
}
