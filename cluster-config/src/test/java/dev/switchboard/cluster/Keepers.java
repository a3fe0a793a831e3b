package dev.switchboard.cluster;

import java.time.Duration;
import java.util.Map;
import java.util.function.ToIntFunction;

/** Keepers that answer to nodes that come and go, and to nothing else. */
public final class Keepers {
  private Keepers() {}

  public static PlacementKeeper of(int units, int replicas, int minNodes, Duration settle) {
    return of(view -> units, replicas, minNodes, settle);
  }

  static PlacementKeeper of(
      ToIntFunction<ClusterView> units, int replicas, int minNodes, Duration settle) {
    PlacementRules rules =
        new PlacementRules(replicas, minNodes, 0, settle, Duration.ofDays(1), Duration.ZERO);
    return new PlacementKeeper(Nodes.MODEL, units, rules, Map::of);
  }
}
