package dev.switchboard.integration;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.switchboard.cluster.testing.Scrape;
import dev.switchboard.integration.TestCluster.Shape;
import dev.switchboard.proto.v1.GenerateRequest;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What all processes have counted together, by the word of one that was not asked. */
class StatisticsIT {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final int NODES = 3;
  private static final int PROMPT = 12;
  private static final int GENERATED = 20;

  /** The last token is not read by the model any more. */
  private static final int PASSES = PROMPT + GENERATED - 1;

  @TempDir private static Path folder;

  private static Shape shape() throws IOException {
    // A hedge computes twice what is routed once.
    Path settings = Files.writeString(folder.resolve("router.yaml"), "router: {hedgePercent: 0}\n");
    return Shape.of(Models.ffn(), NODES)
        .replicas(2)
        .routerOptions("--config", settings.toString(), "--metrics", "127.0.0.1:0");
  }

  private static Launched another(TestCluster cluster, Shape shape) {
    List<String> command = new ArrayList<>(List.of("router", "--model", shape.model().toString()));
    command.addAll(List.of("--cluster", cluster.name(), "--join", cluster.grid()));
    command.addAll(List.of("--nodes", "" + NODES, "--replicas", "2", "--exit-with-parent"));
    command.addAll(shape.routerOptions());
    Launched router = Launched.start("router-2", command.toArray(String[]::new));
    router.announces("ready", TestCluster.START);
    return router;
  }

  private static void ask(Channel channel, int times) {
    for (int i = 0; i < times; i++) {
      GenerateRequest request = Generation.greedy(Models.prompt(PROMPT), GENERATED).build();
      assertThat(Generation.run(channel, request).tokens()).hasSize(GENERATED);
    }
  }

  @Test
  void theSumsAreWhatWasRoutedAlsoAfterTwoMembersLeft() throws IOException {
    Shape shape = shape();
    try (TestCluster cluster = TestCluster.start(shape);
        Launched second = another(cluster, shape)) {
      cluster.awaitWhole();
      JsonNode ready = second.announces("ready", TestCluster.START);
      String metrics = ready.get("metrics").asText();
      ManagedChannel other = TestCluster.channelTo(ready.get("address").asText());
      ask(cluster.channel(), 6);
      ask(other, 4);
      sumsAre(metrics, 10L * PASSES);
      sumsAre(cluster.router().announces("ready", SOON).get("metrics").asText(), 10L * PASSES);

      cluster.node(0).signal("TERM");
      cluster.router().signal("TERM");
      cluster.node(0).exit(SOON);
      cluster.router().exit(SOON);
      Eventually.holds(
          "both are gone",
          SOON,
          () -> Scrape.of(metrics).count("switchboard_cluster_node_busy_ratio") == 3 * (NODES - 1));
      sumsAre(metrics, 10L * PASSES);
      ask(other, 3);
      sumsAre(metrics, 13L * PASSES);
      statusSays(ready.get("address").asText(), 13L * PASSES);
      other.shutdownNow();
    }
  }

  private static void sumsAre(String metrics, long passes) {
    Eventually.holds(
        passes + " tokens are known at " + metrics,
        SOON,
        () -> {
          Scrape scrape = Scrape.of(metrics);
          return scrape.value("switchboard_cluster_tokens_total") == passes
              && scrape.value("switchboard_cluster_expert_calls_total") == passes * Models.LAYERS
              && scrape.value("switchboard_cluster_expert_rows_total") == passes * Models.LAYERS;
        });
  }

  private static void statusSays(String router, long passes) {
    JsonNode status = Commands.json(List.of("status", "--router", router, "--json"));
    assertThat(status.get("tokensRouted").asLong()).isEqualTo(passes);
    assertThat(sum(status.get("experts"), "tokens")).isEqualTo(passes * Models.LAYERS);
    assertThat(sum(status.get("nodes"), "rows") + status.get("left").get("rows").asLong())
        .isEqualTo(passes * Models.LAYERS);
    assertThat(status.get("left").get("tokensRouted").asLong()).isEqualTo(6L * PASSES);
    JsonNode minute = status.get("windows").get(2);
    assertThat(minute.get("seconds").asInt()).isEqualTo(60);
    assertThat(minute.get("tokensRouted").asLong()).isBetween(1L, passes);
    assertThat(minute.get("nodes")).hasSize(NODES - 1);
    assertThat(minute.get("hottest").get(0).get("tokens").asLong()).isPositive();
    long cpu = 0;
    long statistics = 0;
    for (String kind : List.of("routers", "nodes")) {
      for (JsonNode process : status.get(kind)) {
        cpu += process.get("cost").get("cpuNanos").asLong();
        statistics += process.get("cost").get("statisticsNanos").asLong();
      }
    }
    assertThat(statistics).isPositive();
    System.out.printf(
        Locale.ROOT,
        "load statistics took %.1f ms of %.1f s of processor time since the start (%.2f %%)%n",
        statistics / 1e6,
        cpu / 1e9,
        100.0 * statistics / cpu);
  }

  private static long sum(JsonNode list, String field) {
    long sum = 0;
    for (JsonNode one : list) {
      sum += one.get(field).asLong();
    }
    return sum;
  }
}
