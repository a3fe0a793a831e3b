package dev.switchboard.router.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.cluster.metrics.MetricsPage;
import dev.switchboard.cluster.testing.FakeGrid;
import dev.switchboard.cluster.testing.Scrape;
import dev.switchboard.model.Model;
import dev.switchboard.model.testing.TinyModels;
import dev.switchboard.proto.v1.EngineStatus;
import dev.switchboard.router.engine.PassCounters;
import dev.switchboard.router.testing.FakeNode;
import dev.switchboard.router.testing.TestRouter;
import dev.switchboard.router.testing.TestRouter.Answer;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RouterMetricsTest {
  @TempDir static Path folder;
  private static Model model;

  @BeforeAll
  static void open() {
    model = Model.open(TinyModels.seeded(7).topK(2).write(folder));
  }

  @AfterAll
  static void close() {
    model.close();
  }

  private static String address(TestRouter router) {
    return router.router().metricsAddress().orElseThrow();
  }

  @Test
  void theyAreOffUnlessAskedFor() {
    try (TestRouter router = TestRouter.local(model)) {
      assertThat(router.router().metricsAddress()).isEmpty();
    }
  }

  @Test
  void aScrapeSaysWhatTheStatusSays() throws IOException {
    try (TestRouter router = TestRouter.local(model, "router.metrics", "127.0.0.1:0")) {
      Answer answer = router.generate(TestRouter.request("print", 12).build());

      Scrape scrape = Scrape.of(address(router));

      EngineStatus status = router.status().getRouters(0).getEngine();
      assertThat(scrape.value("switchboard_router_tokens_total{kind=\"generated\"}"))
          .isEqualTo(12)
          .isEqualTo(status.getGeneratedTokens());
      assertThat(scrape.value("switchboard_router_tokens_total{kind=\"prompt\"}"))
          .isEqualTo(answer.done().getPromptTokens());
      assertThat(scrape.value("switchboard_router_step_seconds_count"))
          .isEqualTo(status.getSteps());
      assertThat(scrape.value("switchboard_router_requests_total{end=\"finished\"}")).isEqualTo(1);
      assertThat(scrape.value("switchboard_router_running_requests")).isZero();
      assertThat(scrape.value("switchboard_router_queued_requests")).isZero();
      assertThat(scrape.value("switchboard_kv_cache_bytes{state=\"budget\"}"))
          .isEqualTo(status.getKvBudgetBytes());
      assertThat(scrape.sum("switchboard_router_expert_calls_total"))
          .isEqualTo(2.0 * 2 * scrape.value("switchboard_router_passes_total"));
      assertThat(scrape.count("switchboard_kernels_info")).isEqualTo(1);
      assertThat(scrape.values()).doesNotContainKey("switchboard_router_node_link");
      assertThat(Scrape.get(address(router), "/readyz").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void nodesAreToldWithTheWayThatBatchesGo() throws IOException {
    FakeGrid grid = new FakeGrid();
    try (FakeNode node = FakeNode.start("node-a", model, 0, 1, 2, 3);
        TestRouter router =
            TestRouter.remote(model, grid, List.of(node), "router.metrics", "127.0.0.1:0")) {
      router.generate(TestRouter.request("print", 4).build());

      Scrape scrape = Scrape.of(address(router));

      assertThat(scrape.value("switchboard_router_node_link{node=\"node-a\",way=\"tcp\"}"))
          .isEqualTo(1);
      assertThat(scrape.value("switchboard_router_hop_seconds_count{way=\"tcp\"}")).isPositive();
      assertThat(scrape.value("switchboard_router_hop_seconds_count{way=\"lane\"}")).isZero();
      assertThat(Scrape.get(address(router), "/readyz").statusCode()).isEqualTo(200);

      node.close();

      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> Scrape.get(address(router), "/readyz").statusCode() == 503);
      assertThat(Scrape.get(address(router), "/healthz").statusCode()).isEqualTo(200);
      assertThat(Scrape.of(address(router)).count("switchboard_router_node_link")).isZero();
    }
  }

  @Test
  void theNumberOfSeriesHasABound() {
    List<Integer> layers = IntStream.range(3, 61).boxed().toList();
    PassCounters passes = new PassCounters(layers.size(), 256);

    MetricsPage page = new MetricsPage();
    RouterMetrics.calls(page, layers, 256, passes.snapshot());

    MetricSnapshot calls =
        page.snapshots().stream()
            .filter(family -> family.getMetadata().getName().endsWith("expert_calls"))
            .findFirst()
            .orElseThrow();
    assertThat(((CounterSnapshot) calls).getDataPoints())
        .hasSize(layers.size())
        .allSatisfy(point -> assertThat(point.getLabels().get("expert")).isEqualTo("all"));
  }
}
