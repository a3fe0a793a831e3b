package dev.switchboard.integration;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.switchboard.integration.TestCluster.Shape;
import dev.switchboard.proto.v1.GenerateRequest;
import dev.switchboard.proto.v1.NodeState;
import dev.switchboard.proto.v1.NodeStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A cluster that grows and shrinks while it is being asked all the time. */
class ElasticityIT {
  private static final int STREAMS = 4;
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final GenerateRequest REQUEST = Generation.greedy(Models.prompt(12), 40).build();

  @Test
  void nodesComeAreDrainedAndEndWhileNobodyNotices() {
    try (TestCluster cluster = TestCluster.start(Shape.of(Models.ffn(), 2))) {
      cluster.awaitWhole();
      String undisturbed = Generation.run(cluster.channel(), REQUEST).digest();
      try (Streams streams = new Streams(cluster, Collections.nCopies(STREAMS, REQUEST))) {
        Launched third = cluster.startNode("third");
        third.announces("ready", TestCluster.START);
        Eventually.holds(
            "the third node has its part", SOON, () -> node(cluster, third).getUnitsHeld() > 0);
        streams.goOn();

        String drained = node(cluster, cluster.node(0)).getId();
        JsonNode told = Commands.json(cluster, "cluster", "drain", drained, "--why", "test");
        assertThat(told.get("marks").get(0).get("node").asText()).isEqualTo(drained);
        assertThat(node(cluster, cluster.node(0)).getUnitsHeld()).isZero();
        streams.goOn();

        cluster.node(1).signal("TERM");
        assertThat(cluster.node(1).exit(SOON)).isEqualTo(143);
        streams.goOn();
        Eventually.holds("all is there", SOON, () -> cluster.status().getComplete());
        assertThat(node(cluster, third).getUnitsHeld()).isEqualTo(Models.EXPERTS);

        Commands.json(cluster, "cluster", "uncordon", drained);
        Commands.json(cluster, "cluster", "rebalance");
        Eventually.holds(
            "the first node works again",
            SOON,
            () -> node(cluster, cluster.node(0)).getUnitsHeld() > 0);
        streams.goOn();
        assertThat(streams.failures).isEmpty();
        assertThat(streams.digests.values())
            .isNotEmpty()
            .allSatisfy(digests -> assertThat(digests).containsExactly(undisturbed));
        third.close();
      }
      assertThat(whys(Commands.json(cluster, "cluster", "history")))
          .contains("the first placement")
          .anyMatch(why -> why.startsWith("joined: "))
          .anyMatch(why -> why.startsWith("leaving: "))
          .anyMatch(why -> why.startsWith("lost: "));
    }
  }

  private static List<String> whys(JsonNode told) {
    List<String> whys = new ArrayList<>();
    told.get("history").forEach(decision -> whys.add(decision.get("why").asText()));
    return whys;
  }

  private static NodeStatus node(TestCluster cluster, Launched process) {
    return cluster.status().getNodesList().stream()
        .filter(node -> node.getPid() == process.pid())
        .findFirst()
        .orElse(NodeStatus.newBuilder().setState(NodeState.NODE_STATE_UNSPECIFIED).build());
  }
}
