package dev.switchboard.integration;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.integration.TestCluster.Shape;
import dev.switchboard.proto.v1.GenerateRequest;
import dev.switchboard.proto.v1.NodeState;
import dev.switchboard.proto.v1.NodeStatus;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Weights that come from a node which dies meanwhile, and experts that sleep. */
class WeightMovesIT {
  private static final Duration SOON = Duration.ofSeconds(60);

  /** A few matrices of experts; opening the model takes some small tensors. */
  private static final long SOME_BYTES = 1_500_000;

  private static final GenerateRequest REQUEST = Generation.greedy(Models.prompt(12), 24).build();

  @TempDir Path folder;

  @Test
  void aStreamFromANodeThatDiesGoesOnFromTheRouter() {
    // Half of the experts take some four seconds so.
    Map<String, String> slow = Map.of("SWITCHBOARD_NODE_GIVE_RATE", "4MiB");
    try (TestCluster cluster = TestCluster.start(Shape.of(Models.wide(), 1))) {
      String undisturbed = Generation.run(cluster.channel(), REQUEST).digest();
      try (Launched giver = cluster.startNode("giver", slow, List.of())) {
        giver.announces("ready", TestCluster.START);
        cluster.node(0).kill();
        Eventually.holds("the giver has it all", SOON, () -> cluster.status().getComplete());

        try (Launched taker =
            cluster.startNode("taker", Map.of(), List.of("--weights", "cluster"))) {
          Eventually.holds(
              "some of its part is there",
              SOON,
              () -> node(cluster, taker).getReadBytes() > SOME_BYTES);
          assertThat(taker.hasAnnounced("ready")).as("it is in the middle").isFalse();
          giver.kill();
          taker.announces("ready", TestCluster.START);
          Eventually.holds("all is there", SOON, () -> cluster.status().getComplete());

          assertThat(Generation.run(cluster.channel(), REQUEST).digest()).isEqualTo(undisturbed);
          assertThat(taker.err()).contains("the rest is fetched from the next");
        }
      }
    }
  }

  @Test
  void whatIsNotAskedSleepsAndIsWokenWithTheSameBits() {
    Map<String, String> sleepy =
        Map.of(
            "SWITCHBOARD_NODE_SLEEP_AFTER",
            "2s",
            "SWITCHBOARD_GRID_PACK_CACHE",
            folder.resolve("packs").toString(),
            "JAVA_TOOL_OPTIONS",
            "-Dswitchboard.packLeastBytes=0");
    try (TestCluster cluster = TestCluster.start(Shape.of(Models.wide(), 1))) {
      String awake = Generation.run(cluster.channel(), REQUEST).digest();
      try (Launched sleeper = cluster.startNode("sleeper", sleepy, List.of())) {
        sleeper.announces("ready", TestCluster.START);
        cluster.node(0).kill();
        Eventually.holds(
            "all of them sleep",
            SOON,
            () ->
                node(cluster, sleeper).getExpertsAsleep() == Models.EXPERTS * Models.LAYERS
                    && cluster.status().getComplete());
        NodeStatus asleep = node(cluster, sleeper);
        assertThat(asleep.getExpertsAwake()).isZero();
        assertThat(asleep.getAsleepBytes()).isGreaterThan(50_000_000);
        long least = mappedBytes(sleeper);

        assertThat(Generation.run(cluster.channel(), REQUEST).digest()).isEqualTo(awake);
        assertThat(node(cluster, sleeper).getWakes()).isPositive();
        Eventually.holds(
            "what is awake is in memory, and nothing else",
            SOON,
            () -> {
              Generation.run(cluster.channel(), REQUEST);
              long more = mappedBytes(sleeper) - least;
              long woken = asleep.getAsleepBytes() - node(cluster, sleeper).getAsleepBytes();
              return woken > 0 && more > 0.9 * woken && more < 1.1 * woken + (8 << 20);
            });
        Eventually.holds(
            "they sleep again",
            SOON,
            () -> mappedBytes(sleeper) - least < asleep.getAsleepBytes() / 20);
      }
    }
  }

  private static NodeStatus node(TestCluster cluster, Launched process) {
    return cluster.status().getNodesList().stream()
        .filter(node -> node.getPid() == process.pid())
        .findFirst()
        .orElse(NodeStatus.newBuilder().setState(NodeState.NODE_STATE_UNSPECIFIED).build());
  }

  /** Pages of files that a process has in memory. */
  private static long mappedBytes(Launched process) {
    try {
      return Files.readAllLines(Path.of("/proc", Long.toString(process.pid()), "status")).stream()
          .filter(line -> line.startsWith("RssFile:"))
          .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("[^0-9]", "")))
          .sum();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
