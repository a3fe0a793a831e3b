package dev.switchboard.cluster;

import java.time.Duration;

/**
 * How a placement is kept.
 *
 * @param replicas copies wanted of each unit
 * @param minNodes nodes that the first placement waits for; at least one is always needed
 * @param hotReplicas copies of all units together that units with much load get beyond those
 * @param settle how long newcomers must have been there, with no further one, before they are given
 *     units; not waited for while a unit is gone
 * @param repairAfter how long a unit may have too few copies before other nodes load it: a process
 *     that is started anew may be back sooner
 * @param rebalanceEvery how often the load is looked at; zero for never
 */
public record PlacementRules(
    int replicas,
    int minNodes,
    int hotReplicas,
    Duration settle,
    Duration repairAfter,
    Duration rebalanceEvery) {
  public PlacementRules {
    minNodes = Math.max(1, minNodes);
  }
}
