package dev.switchboard.benchmarks;

import dev.switchboard.proto.v1.ClusterStatus;
import dev.switchboard.proto.v1.NodeStatus;
import dev.switchboard.proto.v1.ProcessCost;
import dev.switchboard.proto.v1.RouterStatus;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Processor time of all processes of a cluster, as they say it.
 *
 * @param statisticsNanos of it, load statistics: counting, publishing, adding up
 * @param gridNanos of it, the grid's threads, whatever for
 */
record ServeCost(long cpuNanos, long statisticsNanos, long gridNanos) {
  static ServeCost of(ClusterStatus status) {
    return Stream.concat(
            status.getRoutersList().stream().map(RouterStatus::getCost),
            status.getNodesList().stream().map(NodeStatus::getCost))
        .map(ServeCost::of)
        .reduce(new ServeCost(0, 0, 0), ServeCost::plus);
  }

  private static ServeCost of(ProcessCost cost) {
    return new ServeCost(cost.getCpuNanos(), cost.getStatisticsNanos(), cost.getGridNanos());
  }

  private ServeCost plus(ServeCost other) {
    return new ServeCost(
        cpuNanos + other.cpuNanos,
        statisticsNanos + other.statisticsNanos,
        gridNanos + other.gridNanos);
  }

  ServeCost since(ServeCost before) {
    return new ServeCost(
        cpuNanos - before.cpuNanos,
        statisticsNanos - before.statisticsNanos,
        gridNanos - before.gridNanos);
  }

  private double percent(long part) {
    return cpuNanos == 0 ? 0 : 100.0 * part / cpuNanos;
  }

  String text() {
    return String.format(
        Locale.ROOT,
        "processor time %.1f s; of it load statistics %.2f %%, all threads of the grid %.2f %%%n",
        cpuNanos / 1e9,
        percent(statisticsNanos),
        percent(gridNanos));
  }
}
