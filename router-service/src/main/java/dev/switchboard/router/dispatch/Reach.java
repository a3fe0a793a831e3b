package dev.switchboard.router.dispatch;

import dev.switchboard.cluster.ClusterView;
import dev.switchboard.cluster.NodeInfo;
import dev.switchboard.cluster.Placement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;

/**
 * The placement whose every live holder can be sent to: older holders are then needed no more.
 *
 * @param placement in force
 * @param nodes live ones of the model, by id
 */
record Reach(Optional<Placement> placement, Map<String, NodeInfo> nodes) {
  static final Reach NONE = new Reach(Optional.empty(), Map.of());

  static Reach of(ClusterView view, String model) {
    Map<String, NodeInfo> nodes = new HashMap<>();
    for (NodeInfo node : view.nodes()) {
      if (node.model().equals(model)) {
        nodes.put(node.id(), node);
      }
    }
    return new Reach(view.placement().filter(made -> made.model().equals(model)), nodes);
  }

  /**
   * Its epoch; empty while a holder has not loaded, or there is no way to it.
   *
   * @param sendable whether a node can be sent to now
   */
  OptionalLong epoch(Predicate<String> sendable) {
    if (placement.isEmpty()) {
      return OptionalLong.empty();
    }
    Placement made = placement.get();
    for (int unit = 0; unit < made.units(); unit++) {
      List<String> holders = made.holders().get(unit);
      for (String holder : holders) {
        NodeInfo node = nodes.get(holder);
        if (node != null && !(node.heldUnits().contains(unit) && sendable.test(holder))) {
          return OptionalLong.empty();
        }
      }
    }
    return OptionalLong.of(made.epoch());
  }
}
