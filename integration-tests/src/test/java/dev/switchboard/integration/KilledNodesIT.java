package dev.switchboard.integration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.switchboard.integration.TestCluster.Shape;
import dev.switchboard.proto.v1.ClusterStatus;
import dev.switchboard.proto.v1.ExpertLoad;
import dev.switchboard.proto.v1.GenerateRequest;
import dev.switchboard.proto.v1.NodeStatus;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Nodes that die, hang and come back while someone is being answered. */
class KilledNodesIT {
  private static final int KILLS = 10;
  private static final int TOKENS = 400;
  private static final GenerateRequest LONG = Generation.greedy(Models.prompt(24), TOKENS).build();

  @Test
  void withTwoReplicasNobodyNoticesAKilledNode() {
    try (TestCluster cluster = TestCluster.start(Shape.of(Models.ffn(), 2).replicas(2))) {
      cluster.awaitWhole();
      Generation undisturbed = Generation.run(cluster.channel(), LONG);
      for (int kill = 0; kill < KILLS; kill++) {
        int victim = kill % 2;
        int after = 20 + 30 * kill;
        Generation disturbed =
            Generation.run(
                cluster.channel(),
                LONG,
                count -> {
                  if (count == after) {
                    cluster.node(victim).kill();
                  }
                });
        assertThat(disturbed.digest()).as("kill %d", kill).isEqualTo(undisturbed.digest());
        assertThat(disturbed.text()).isEqualTo(undisturbed.text());
        assertThat(disturbed.tokens()).hasSize(TOKENS);
        cluster.replaceNode(victim);
        cluster.awaitWhole();
      }
    }
  }

  @Test
  void withOneReplicaTheRequestFailsSoonAndServiceReturnsWithTheNode() {
    try (TestCluster cluster = TestCluster.start(Shape.of(Models.ffn(), 2))) {
      Generation undisturbed = Generation.run(cluster.channel(), LONG);
      String[] gone = namesHeldBy(cluster, cluster.node(1).pid());
      AtomicLong killedAt = new AtomicLong();

      StatusRuntimeException failure =
          catchThrowableOfType(
              StatusRuntimeException.class,
              () ->
                  Generation.run(
                      cluster.channel(),
                      LONG,
                      count -> {
                        if (count == 50) {
                          killedAt.set(System.nanoTime());
                          cluster.node(1).kill();
                        }
                      }));

      Duration took = Duration.ofNanos(System.nanoTime() - killedAt.get());
      assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(failure.getStatus().getDescription()).containsAnyOf(gone);
      assertThat(took).isLessThan(Duration.ofSeconds(2));

      cluster.replaceNode(1);
      cluster.awaitWhole();
      assertThat(Generation.run(cluster.channel(), LONG).digest()).isEqualTo(undisturbed.digest());
    }
  }

  @Test
  void aHungNodeEndsRequestsWithinTheirDeadline() {
    try (TestCluster cluster = TestCluster.start(Shape.of(Models.ffn(), 2))) {
      Generation undisturbed = Generation.run(cluster.channel(), LONG);
      cluster.node(0).signal("STOP");
      long begun = System.nanoTime();

      StatusRuntimeException failure =
          catchThrowableOfType(
              StatusRuntimeException.class,
              () ->
                  cluster
                      .inference()
                      .withDeadlineAfter(3, java.util.concurrent.TimeUnit.SECONDS)
                      .generate(LONG)
                      .forEachRemaining(event -> {}));

      Duration took = Duration.ofNanos(System.nanoTime() - begun);
      assertThat(failure.getStatus().getCode())
          .isIn(Status.Code.DEADLINE_EXCEEDED, Status.Code.UNAVAILABLE);
      assertThat(took).isLessThan(Duration.ofSeconds(4));
      Eventually.holds(
          "the router has let go of the request",
          Duration.ofSeconds(5),
          () -> cluster.status().getRouters(0).getRunningRequests() == 0);

      cluster.node(0).signal("CONT");
      cluster.awaitWhole();
      Eventually.holds(
          "the node that was asleep serves again",
          Duration.ofSeconds(30),
          () -> succeedsWith(cluster, undisturbed));
    }
  }

  private static String[] namesHeldBy(TestCluster cluster, long pid) {
    ClusterStatus status = cluster.status();
    String node =
        status.getNodesList().stream()
            .filter(n -> n.getPid() == pid)
            .map(NodeStatus::getId)
            .findFirst()
            .orElseThrow();
    return status.getExpertsList().stream()
        .filter(expert -> expert.getReplicasList().contains(node))
        .map(ExpertLoad::getName)
        .distinct()
        .toArray(String[]::new);
  }

  private static boolean succeedsWith(TestCluster cluster, Generation undisturbed) {
    try {
      return Generation.run(cluster.channel(), LONG).digest().equals(undisturbed.digest());
    } catch (StatusRuntimeException notYet) {
      return false;
    }
  }
}
