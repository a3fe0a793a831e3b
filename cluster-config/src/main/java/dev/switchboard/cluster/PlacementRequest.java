package dev.switchboard.cluster;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * What the planner plans from.
 *
 * @param model fingerprint of the model; nodes of another are left out
 * @param units units of the model's experts; 0 for a model without experts
 * @param added how many of them, the last ones, are of experts that were added to the model
 * @param replicas copies wanted of each unit
 * @param nodes live nodes
 * @param previous placement in force, if there is one
 */
public record PlacementRequest(
    String model,
    int units,
    int added,
    int replicas,
    List<NodeInfo> nodes,
    Optional<Placement> previous) {
  /** Of the model's own experts alone. */
  public PlacementRequest(
      String model, int units, int replicas, List<NodeInfo> nodes, Optional<Placement> previous) {
    this(model, units, 0, replicas, nodes, previous);
  }

  public PlacementRequest {
    Objects.requireNonNull(model, "model");
    nodes = List.copyOf(nodes);
    if (units < 0 || replicas < 1) {
      throw new IllegalArgumentException(
          "placement of %d units with %d replicas; expected 0 or more and at least 1"
              .formatted(units, replicas));
    }
  }

  /** The same without some nodes. */
  PlacementRequest without(Set<String> ids) {
    List<NodeInfo> rest = nodes.stream().filter(node -> !ids.contains(node.id())).toList();
    return new PlacementRequest(model, units, added, replicas, rest, previous);
  }
}
