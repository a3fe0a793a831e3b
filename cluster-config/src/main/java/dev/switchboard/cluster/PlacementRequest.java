package dev.switchboard.cluster;

import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What the planner plans from.
 *
 * @param model fingerprint of the model; nodes of another are left out
 * @param layers layers with experts
 * @param experts experts in each of them
 * @param replicas copies wanted of each expert
 * @param nodes live nodes
 * @param previous placement in force, if there is one
 */
public record PlacementRequest(
    String model,
    int layers,
    int experts,
    int replicas,
    List<NodeInfo> nodes,
    Optional<Placement> previous) {
  public PlacementRequest {
    Objects.requireNonNull(model, "model");
    nodes = List.copyOf(nodes);
    if (layers < 1 || experts < 1 || replicas < 1) {
      throw new IllegalArgumentException(
          "placement wants layers, experts and replicas of at least 1: %d, %d, %d"
              .formatted(layers, experts, replicas));
    }
  }
}
