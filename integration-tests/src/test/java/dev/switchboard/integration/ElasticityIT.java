package dev.switchboard.integration;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.switchboard.integration.TestCluster.Shape;
import dev.switchboard.proto.v1.GenerateRequest;
import dev.switchboard.proto.v1.NodeState;
import dev.switchboard.proto.v1.NodeStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
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
      try (Streams streams = new Streams(cluster)) {
        Launched third = cluster.startNode("third");
        third.announces("ready", TestCluster.START);
        Eventually.holds(
            "the third node has its part", SOON, () -> node(cluster, third).getUnitsHeld() > 0);
        streams.goOn();

        String drained = node(cluster, cluster.node(0)).getId();
        JsonNode told = command(cluster, "cluster", "drain", drained, "--why", "test");
        assertThat(told.get("marks").get(0).get("node").asText()).isEqualTo(drained);
        assertThat(node(cluster, cluster.node(0)).getUnitsHeld()).isZero();
        streams.goOn();

        cluster.node(1).signal("TERM");
        assertThat(cluster.node(1).exit(SOON)).isEqualTo(143);
        streams.goOn();
        Eventually.holds("all is there", SOON, () -> cluster.status().getComplete());
        assertThat(node(cluster, third).getUnitsHeld()).isEqualTo(Models.EXPERTS);

        command(cluster, "cluster", "uncordon", drained);
        command(cluster, "cluster", "rebalance");
        Eventually.holds(
            "the first node works again",
            SOON,
            () -> node(cluster, cluster.node(0)).getUnitsHeld() > 0);
        streams.goOn();
        assertThat(streams.failures).isEmpty();
        assertThat(streams.digests).containsExactly(undisturbed);
        third.close();
      }
      assertThat(whys(command(cluster, "cluster", "history")))
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

  private static JsonNode command(TestCluster cluster, String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--router", cluster.address(), "--json"));
    try (Launched command = Launched.start("command", all.toArray(String[]::new))) {
      int code = command.exit(SOON);
      assertThat(code).as(command.err()).isZero();
      return Json.parse(command.out());
    }
  }

  /** Requests without a pause, until it is closed. */
  private static final class Streams implements AutoCloseable {
    final Set<String> digests = ConcurrentHashMap.newKeySet();
    final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final AtomicInteger answers = new AtomicInteger();
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean over;

    Streams(TestCluster cluster) {
      for (int i = 0; i < STREAMS; i++) {
        threads.add(Thread.ofPlatform().name("stream-" + i).start(() -> ask(cluster)));
      }
    }

    private void ask(TestCluster cluster) {
      while (!over) {
        try {
          digests.add(Generation.run(cluster.channel(), REQUEST).digest());
          answers.incrementAndGet();
        } catch (RuntimeException | AssertionError e) {
          failures.add(e);
          return;
        }
      }
    }

    /** Waits for some answers more: what was changed is in use. */
    void goOn() {
      int before = answers.get();
      Eventually.holds(
          "answers go on",
          SOON,
          () -> answers.get() >= before + 2 * STREAMS || !failures.isEmpty());
      assertThat(failures).isEmpty();
    }

    @Override
    public void close() {
      over = true;
      for (Thread thread : threads) {
        try {
          thread.join(SOON);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
    }
  }
}
