package dev.switchboard.router;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.cluster.ExpertUses;
import dev.switchboard.cluster.NodeLoad;
import dev.switchboard.cluster.NodeMemory;
import dev.switchboard.cluster.NodeWork;
import dev.switchboard.cluster.ProcessCost;
import dev.switchboard.cluster.ServiceTimes;
import dev.switchboard.cluster.testing.FakeGrid;
import dev.switchboard.cluster.testing.Scrape;
import dev.switchboard.model.Model;
import dev.switchboard.model.testing.TinyModels;
import dev.switchboard.proto.v1.ClusterStatus;
import dev.switchboard.proto.v1.ExpertLoad;
import dev.switchboard.proto.v1.LoadWindow;
import dev.switchboard.proto.v1.NodeStatus;
import dev.switchboard.router.testing.FakeNode;
import dev.switchboard.router.testing.TestRouter;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a router says of the load of all. */
class LoadStatusTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TempDir private static Path folder;
  private static Model model;

  private final FakeGrid grid = new FakeGrid();

  @BeforeAll
  static void open() {
    model = Model.open(TinyModels.seeded(7).topK(2).write(folder));
  }

  @AfterAll
  static void close() {
    model.close();
  }

  private NodeLoad load(String id, long rows) {
    NodeWork done = new NodeWork(rows, rows / 2, 1, rows * 1000, rows * 10, ServiceTimes.NONE);
    return new NodeLoad(
        id, model.fingerprint(), done, 3, 40, NodeMemory.NONE, new ProcessCost(900, 9, 90));
  }

  @Test
  void theStatusTellsWindowsCostsAndWhatThoseDidThatLeft() {
    try (FakeNode node = FakeNode.start("node-a", model, 0, 1, 2, 3);
        TestRouter router = TestRouter.remote(model, grid, List.of(node))) {
      grid.publishLoad(load("node-a", 0));
      grid.publishLoad(load("gone", 70));
      grid.lose("gone");
      Awaitility.await()
          .atMost(PATIENCE)
          .until(() -> router.status().getWindows(2).getNodesCount() == 1);
      grid.publishLoad(load("node-a", 50));
      grid.publishUses(new ExpertUses("node-a", List.of(new ExpertUses.Use(0, 1, 50, 7000, 1))));
      router.generate(TestRouter.request("print", 6).build());
      Awaitility.await()
          .atMost(PATIENCE)
          .until(() -> {
            LoadWindow minute = router.status().getWindows(2);
            return minute.getNodes(0).getRows() == 50 && minute.getHottestCount() > 0;
          });
      ClusterStatus status = router.status();
      assertThat(status.getWindowsList())
          .extracting(LoadWindow::getSeconds)
          .containsExactly(1, 10, 60);
      LoadWindow minute = status.getWindows(2);
      assertThat(minute.getTokensRouted()).isEqualTo(status.getTokensRouted());
      assertThat(minute.getHottest(0).getTokens()).isPositive();
      assertThat(minute.getHottest(0).getName()).isNotEmpty();
      assertThat(status.getLeft().getRows()).isEqualTo(70);
      NodeStatus one = status.getNodes(0);
      assertThat(one.getRefusedBatches()).isEqualTo(1);
      assertThat(one.getSpeed()).isEqualTo(1);
      assertThat(one.getCost().getStatisticsNanos()).isEqualTo(9);
      assertThat(status.getRouters(0).getCost().getStatisticsNanos()).isPositive();
      ExpertLoad used =
          status.getExpertsList().stream()
              .filter(expert -> expert.getLayer() == 0 && expert.getExpert() == 1)
              .findFirst()
              .orElseThrow();
      assertThat(used.getRows()).isEqualTo(50);
      assertThat(used.getServiceNanos()).isEqualTo(7000);
      assertThat(used.getIdleMillis()).isPositive();
      assertThat(status.getExpertsList().stream().filter(ExpertLoad::hasIdleMillis).count())
          .isEqualTo(1);
    }
  }

  @Test
  void aScrapeTellsTheSumsOfAll() throws IOException {
    try (FakeNode node = FakeNode.start("node-a", model, 0, 1, 2, 3);
        TestRouter router =
            TestRouter.remote(model, grid, List.of(node), "router.metrics", "127.0.0.1:0")) {
      grid.publishLoad(load("node-a", 50));
      grid.publishLoad(load("gone", 70));
      grid.lose("gone");
      router.generate(TestRouter.request("print", 6).build());
      String address = router.router().metricsAddress().orElseThrow();
      Awaitility.await()
          .atMost(PATIENCE)
          .until(() -> Scrape.of(address).count("switchboard_cluster_node_busy_ratio") == 3);
      Scrape scrape = Scrape.of(address);
      assertThat(scrape.value("switchboard_cluster_expert_rows_total")).isEqualTo(120);
      assertThat(scrape.value("switchboard_cluster_tokens_total"))
          .isEqualTo(scrape.value("switchboard_router_passes_total"));
      assertThat(scrape.value("switchboard_cluster_expert_calls_total"))
          .isEqualTo(scrape.sum("switchboard_router_expert_calls_total"));
      assertThat(scrape.count("switchboard_cluster_hottest_expert_ratio")).isEqualTo(2);
      assertThat(scrape.value("switchboard_load_statistics_cpu_seconds_total{part=\"process\"}"))
          .isPositive();
    }
  }
}
