package dev.switchboard.router.metrics;

import dev.switchboard.cluster.Grid;
import dev.switchboard.cluster.LoadBook;
import dev.switchboard.cluster.LoadCost;
import dev.switchboard.cluster.LoadTotals;
import dev.switchboard.cluster.RouterLoad;
import dev.switchboard.cluster.load.LoadPicture;
import dev.switchboard.cluster.load.LoadPicture.Window;
import dev.switchboard.cluster.metrics.LoadCostMetrics;
import dev.switchboard.cluster.metrics.MetricsPage;
import dev.switchboard.router.api.ModelFacts;
import java.util.List;
import java.util.function.Supplier;

/**
 * What all processes of the model have done together, as this router knows it: each router tells
 * the same, so ask one of them, or take the largest.
 *
 * @param own this router's counters of this moment
 * @param picture what was done lately
 */
public record ClusterLoads(
    Grid grid, ModelFacts facts, Supplier<RouterLoad> own, Supplier<LoadPicture> picture) {

  void tell(MetricsPage page, LoadCost cost) {
    LoadBook book = grid.loads().of(facts.fingerprint()).with(own.get());
    LoadTotals total = book.total();
    page.count(
        "switchboard_cluster_tokens",
        "Tokens that went through the whole model, of all routers, those that left included.",
        total.tokensRouted());
    page.count(
        "switchboard_cluster_expert_calls",
        "Tokens that experts were awake for, of all routers, those that left included.",
        total.tokens().total());
    page.count(
        "switchboard_cluster_expert_rows",
        "Tokens that experts computed on nodes, those that left included.",
        total.nodes().rows());
    LoadPicture now = picture.get();
    nodes(page, now);
    hottest(page, now);
    LoadCostMetrics.addTo(page, cost, grid.loadCost());
  }

  private static void nodes(MetricsPage page, LoadPicture now) {
    MetricsPage.Family rows =
        page.family(
            "switchboard_cluster_node_tokens_per_second",
            "Tokens that experts of a node computed lately.");
    MetricsPage.Family busy =
        page.family(
            "switchboard_cluster_node_busy_ratio", "Share of the time in which a node computed.");
    for (Window window : now.windows()) {
      String seconds = window.length().toSeconds() + "s";
      window
          .nodes()
          .forEach((node, done) -> {
            rows.now(done.rowsPerSecond(), "node", node, "window", seconds);
            busy.now(done.busy(), "node", node, "window", seconds);
          });
    }
    rows.end();
    busy.end();
    MetricsPage.Family speeds =
        page.family(
            "switchboard_cluster_node_speed",
            "How fast a node computes, by what it measured, as placements take it; 1: the middle one.");
    now.speeds().forEach((node, speed) -> speeds.now(speed, "node", node));
    speeds.end();
  }

  /** One series a layer, whichever expert it is. */
  private void hottest(MetricsPage page, LoadPicture now) {
    MetricsPage.Family family =
        page.family(
            "switchboard_cluster_hottest_expert_ratio",
            "Share of a layer's calls of the last minute that its most used expert had.");
    List<Integer> layers = facts.moeLayers();
    if (!now.windows().isEmpty()) {
      Window minute = now.windows().getLast();
      for (int i = 0; i < Math.min(layers.size(), minute.tokens().layers()); i++) {
        family.now(minute.mostOfLayer(i), "layer", Integer.toString(layers.get(i)));
      }
    }
    family.end();
  }
}
