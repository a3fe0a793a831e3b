package dev.switchboard.cluster.settings;

import java.time.Duration;

/**
 * How the placement follows nodes and loads: keys of section {@code router}.
 *
 * @param hotReplicas copies beyond {@code replicas} of each, of all experts together
 * @param repairAfter how long an expert may have too few copies before others load it
 * @param rebalanceEvery how often the load is evened; zero for never
 */
public record PlacementSettings(int hotReplicas, Duration repairAfter, Duration rebalanceEvery) {
  static PlacementSettings of(Chosen chosen) {
    return new PlacementSettings(
        chosen.integer("hotReplicas"), chosen.time("repairAfter"), chosen.time("rebalanceEvery"));
  }

  static Section keys(Section section) {
    return section
        .integer(
            "hotReplicas",
            0,
            0,
            1_000_000,
            "Copies beyond `replicas`, of all experts together, that go to those with most load a"
                + " copy, where nodes have room (docs/placement.md).")
        .time(
            "repairAfter",
            "2s",
            "0ms",
            "24h",
            "How long an expert may have fewer copies than it could have before other nodes load"
                + " it: a process that is started anew may be back sooner.")
        .time(
            "rebalanceEvery",
            "30s",
            "0ms",
            "24h",
            "How often the load of the last minute is looked at, to move a few experts where that"
                + " evens it; 0ms for never.");
  }
}
