package dev.switchboard.integration;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.switchboard.integration.TestCluster.Shape;
import dev.switchboard.model.testing.GrownModels;
import dev.switchboard.proto.v1.DescribeRequest;
import dev.switchboard.proto.v1.ExpertCounter;
import dev.switchboard.proto.v1.ExpertLoad;
import dev.switchboard.proto.v1.ExpertNodeGrpc;
import dev.switchboard.proto.v1.GenerateRequest;
import dev.switchboard.proto.v1.NodeStatus;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A ninth expert comes to a cluster that is being asked all the time, and goes again. */
class LiveExpertIT {
  private static final int STREAMS = 4;
  private static final int NEW = Models.EXPERTS;
  private static final int TOKENS = 40;
  private static final Duration SOON = Duration.ofSeconds(60);

  /** Too short for the router's probes of loss. */
  private static final int[] PROMPT = Models.prompt(12);

  private static final GenerateRequest REQUEST = Generation.greedy(PROMPT, TOKENS).build();

  @TempDir private static Path folder;
  private static Path expert;

  @BeforeAll
  static void write() {
    expert = folder.resolve("go");
    GrownModels.write(Models.ffn(), expert, "go");
  }

  private static Path settings(String name) throws IOException {
    return Files.writeString(
        folder.resolve(name + ".yaml"),
        """
        router: {gates: %s, gateGuardShare: 0, gateGuardLoss: 0, expertDeadline: 20s}
        """
            .formatted(folder.resolve(name)));
  }

  /** Rows that a node's new expert has computed, over all layers. */
  private static long rows(TestCluster cluster, int node) {
    ManagedChannel channel = TestCluster.channelTo(cluster.nodeAddress(node));
    try {
      return ExpertNodeGrpc.newBlockingStub(channel)
          .withDeadlineAfter(20, TimeUnit.SECONDS)
          .describe(DescribeRequest.getDefaultInstance())
          .getExpertsList()
          .stream()
          .filter(counter -> counter.getExpert() == NEW)
          .mapToLong(ExpertCounter::getRows)
          .sum();
    } finally {
      channel.shutdownNow();
    }
  }

  private static List<Long> rows(TestCluster cluster) {
    return List.of(rows(cluster, 0), rows(cluster, 1));
  }

  private static void comesAndGoes(TestCluster cluster) {
    String own = Generation.run(cluster.channel(), REQUEST).digest();
    String version;
    String grown;
    Streams streams = new Streams(cluster, Collections.nCopies(STREAMS, REQUEST));
    try (streams) {
      streams.goOn();
      JsonNode added = Commands.json(cluster, "expert", "add", expert.toString(), "--share", "0.5");
      version = added.get("gateVersion").asText();
      assertThat(added.get("index").asInt()).isEqualTo(NEW);
      assertThat(added.get("replicas")).hasSize(1);
      streams.goOn();
      Commands.json(cluster, "gate", "promote", version);
      streams.goOn();

      Generation promoted = Generation.run(cluster.channel(), REQUEST);
      grown = promoted.digest();
      assertThat(promoted.done().getGateVersion()).isEqualTo(version);
      assertThat(grown).isNotEqualTo(own).isEqualTo(alone());
      assertThat(rows(cluster).stream().filter(rows -> rows > 0).count())
          .as("nodes that have computed tokens of the new expert: %s", rows(cluster))
          .isEqualTo(1);
      assertThat(named(cluster)).containsOnlyOnce("go");

      Commands.json(cluster, "expert", "remove", "go");
      assertThat(named(cluster)).doesNotContain("go").hasSize(Models.EXPERTS);
      Eventually.holds(
          "the node has let go of it",
          SOON,
          () ->
              cluster.status().getNodesList().stream().mapToInt(NodeStatus::getExpertsHeld).sum()
                  == Models.EXPERTS * Models.LAYERS);
      List<Long> afterwards = rows(cluster);
      streams.goOn();
      assertThat(rows(cluster)).isEqualTo(afterwards);
      assertThat(Generation.run(cluster.channel(), REQUEST).digest()).isEqualTo(own);
    }
    assertThat(streams.failures).isEmpty();
    assertThat(streams.of("own")).containsExactly(own);
    // One that chose its gates just before the removal, and its experts after it, is the model's.
    assertThat(streams.of(version)).contains(grown).isSubsetOf(grown, own);
  }

  private static List<String> named(TestCluster cluster) {
    return cluster.status().getExpertsList().stream().map(ExpertLoad::getName).distinct().toList();
  }

  @Test
  void aNinthExpertIsAddedWokenAndRemovedAndNoRequestIsDropped() throws IOException {
    Shape shape = Shape.of(Models.ffn(), 2).routerOptions("--config", settings("files").toString());
    try (TestCluster cluster = TestCluster.start(shape)) {
      cluster.awaitWhole();
      comesAndGoes(cluster);
    }
  }

  /** What one process makes of the same model and the same expert. */
  private static String alone() {
    String ids = IntStream.of(PROMPT).mapToObj(String::valueOf).collect(Collectors.joining(","));
    List<String> command =
        List.of(
            "generate",
            "--model",
            Models.ffn().toString(),
            "--in-process",
            "--added-expert",
            expert.toString(),
            "--ids",
            ids,
            "--max-tokens",
            Integer.toString(TOKENS),
            "--ignore-eos",
            "--json");
    return Commands.json(command).get("logits_sha256").asText();
  }

  @Test
  void whatCannotBeIsRefused() {
    String model = Models.ffn().toString();
    String go = expert.toString();
    Refusal.of("router", "--model", model, "--added-expert", go, "--grid-port", "0")
        .naming("--added-expert", "--local-experts", "expert add");
    Refusal.of("generate", "--model", model, "--nodes", "2", "--added-expert", go, "--prompt", "a")
        .naming("--added-expert", "--in-process");
    Refusal.of("expert", "add", folder.resolve("nothing").toString()).naming("no such file");
  }
}
