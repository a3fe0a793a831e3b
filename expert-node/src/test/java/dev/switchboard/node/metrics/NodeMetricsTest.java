package dev.switchboard.node.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.cluster.metrics.MetricsPage;
import dev.switchboard.node.runtime.NodeCounters;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import org.junit.jupiter.api.Test;

class NodeMetricsTest {
  private static CounterSnapshot tokens(NodeCounters counters) {
    MetricsPage page = new MetricsPage();
    NodeMetrics.experts(page, counters.experts());
    for (MetricSnapshot family : page.snapshots()) {
      if (family.getMetadata().getName().equals("switchboard_node_expert_tokens")) {
        return (CounterSnapshot) family;
      }
    }
    throw new AssertionError("no tokens are told");
  }

  @Test
  void expertsAreToldOneByOneWhileTheyAreFew() {
    NodeCounters counters = new NodeCounters();
    counters.of(0, 1, 10);
    counters.of(2, 5, 10);

    assertThat(tokens(counters).getDataPoints())
        .extracting(point -> point.getLabels().get("layer") + "/" + point.getLabels().get("expert"))
        .containsExactlyInAnyOrder("0/1", "2/5");
  }

  @Test
  void theNumberOfSeriesHasABound() {
    NodeCounters counters = new NodeCounters();
    for (int layer = 0; layer < 9; layer++) {
      for (int expert = 0; expert < 128; expert++) {
        counters.of(layer, expert, 10);
      }
    }

    assertThat(tokens(counters).getDataPoints())
        .hasSize(9)
        .allSatisfy(point -> assertThat(point.getLabels().get("expert")).isEqualTo("all"));
  }
}
