package dev.switchboard.cluster.plan;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What is planned from.
 *
 * @param loads tokens by row and item, {@code [rows, items]}
 * @param nodes live nodes; those that a current spread names and that are not here are dead
 * @param current what is in force
 * @param seed decides between nodes that are as good as each other
 */
public record PlanRequest(
    Loads loads, List<PlanNode> nodes, Optional<Spread> current, PlanLimits limits, long seed) {
  public PlanRequest {
    nodes = List.copyOf(nodes);
    Set<String> ids = new HashSet<>();
    for (PlanNode node : nodes) {
      if (!ids.add(node.id())) {
        throw new IllegalArgumentException("node " + node.id() + " is there twice");
      }
    }
  }
}
