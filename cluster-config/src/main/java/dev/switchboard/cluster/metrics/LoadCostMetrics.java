package dev.switchboard.cluster.metrics;

import dev.switchboard.cluster.LoadCost;
import dev.switchboard.cluster.ProcessCosts;

/** What load statistics cost a process. */
public final class LoadCostMetrics {
  private LoadCostMetrics() {}

  /**
   * @param own of counting and publishing in the process
   * @param grid of passing on and reading, on the grid's threads
   */
  public static void addTo(MetricsPage page, LoadCost own, LoadCost grid) {
    page.family(
            "switchboard_load_statistics_cpu_seconds",
            "Processor time of load statistics: counting and publishing (process), passing on and reading (grid).")
        .count(own.nanos() / 1e9, "part", "process")
        .count(grid.nanos() / 1e9, "part", "grid")
        .end();
    page.count(
        "switchboard_grid_cpu_seconds",
        "Processor time of the grid's threads, whatever it is for: an upper bound of what load statistics cost there.",
        ProcessCosts.gridNanos() / 1e9);
  }
}
