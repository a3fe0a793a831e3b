package dev.switchboard.integration;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.integration.TestCluster.Shape;
import dev.switchboard.proto.v1.GenerateRequest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The same bits from one process and from any number of nodes, however the prompt is cut and
 * whoever else is served.
 */
class ParityIT {
  private static final int[] SHORT = Models.prompt(17);
  private static final int[] LONG = Models.prompt(300);
  private static final int TOKENS = 48;

  private static Generation ofShort;
  private static Generation ofLong;

  /** The answers of one process, which runs all experts itself. */
  @BeforeAll
  static void oneProcess() {
    try (TestCluster alone = TestCluster.start(Shape.inProcess(Models.ffn()))) {
      ofShort = Generation.run(alone.channel(), shortRequest().build());
      ofLong = Generation.run(alone.channel(), longRequest().build());
      readsAnyChunk(alone);
    }
    assertThat(ofShort.digest()).hasSize(64).isNotEqualTo(ofLong.digest());
    assertThat(ofShort.tokens()).hasSize(TOKENS);
  }

  private static GenerateRequest.Builder shortRequest() {
    return Generation.greedy(SHORT, TOKENS);
  }

  private static GenerateRequest.Builder longRequest() {
    return Generation.greedy(LONG, TOKENS);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4, 8})
  void anyNumberOfNodes(int nodes) {
    try (TestCluster cluster = TestCluster.start(Shape.of(Models.ffn(), nodes))) {
      sameAsOneProcess(cluster);
      assertThat(cluster.status().getNodesList().stream().map(n -> n.getPid()).distinct())
          .hasSize(nodes);
    }
  }

  @Test
  void twoNodes() {
    sameAsOneProcess(Shared.twoNodes());
    readsAnyChunk(Shared.twoNodes());
  }

  @Test
  void eightRequestsAtOnce() {
    List<GenerateRequest> requests = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      requests.add(Generation.greedy(Models.prompt(5 + 37 * i), 16 + 5 * i).build());
    }
    List<Generation> alone =
        requests.stream().map(r -> Generation.run(Shared.twoNodes().channel(), r)).toList();

    List<Generation> together = atOnce(Shared.twoNodes(), requests);

    for (int i = 0; i < requests.size(); i++) {
      assertThat(together.get(i).digest()).as("request %d", i).isEqualTo(alone.get(i).digest());
      assertThat(together.get(i).text()).isEqualTo(alone.get(i).text());
    }
    assertThat(together.stream().map(Generation::digest).distinct()).hasSize(8);
  }

  /**
   * Experts with a state of their own: their tokens must reach them in order, wherever they live.
   */
  @Test
  void mambaExperts() {
    Path model = Models.mamba();
    Generation alone;
    try (TestCluster cluster = TestCluster.start(Shape.inProcess(model))) {
      alone = Generation.run(cluster.channel(), longRequest().build());
    }
    try (TestCluster cluster = TestCluster.start(Shape.of(model, 2))) {
      assertThat(Generation.run(cluster.channel(), longRequest().build()).digest())
          .isEqualTo(alone.digest());
      List<GenerateRequest> same = List.of(longRequest().build(), longRequest().build());
      assertThat(atOnce(cluster, same)).allMatch(g -> g.digest().equals(alone.digest()));
      GenerateRequest chunked = longRequest().setPromptChunkTokens(7).build();
      assertThat(Generation.run(cluster.channel(), chunked).digest()).isEqualTo(alone.digest());
    }
  }

  private static void sameAsOneProcess(TestCluster cluster) {
    Generation first = Generation.run(cluster.channel(), shortRequest().build());
    Generation second = Generation.run(cluster.channel(), longRequest().build());
    assertThat(first.digest()).isEqualTo(ofShort.digest());
    assertThat(first.text()).isEqualTo(ofShort.text());
    assertThat(first.tokens()).isEqualTo(ofShort.tokens());
    assertThat(second.digest()).isEqualTo(ofLong.digest());
    assertThat(second.text()).isEqualTo(ofLong.text());
  }

  private static void readsAnyChunk(TestCluster cluster) {
    for (int chunk : new int[] {1, 7, 64}) {
      GenerateRequest request = longRequest().setPromptChunkTokens(chunk).build();
      assertThat(Generation.run(cluster.channel(), request).digest())
          .as("prompt read in chunks of %d", chunk)
          .isEqualTo(ofLong.digest());
    }
  }

  private static List<Generation> atOnce(TestCluster cluster, List<GenerateRequest> requests) {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Generation>> running = new ArrayList<>();
      for (GenerateRequest request : requests) {
        running.add(threads.submit(() -> Generation.run(cluster.channel(), request)));
      }
      List<Generation> done = new ArrayList<>();
      for (Future<Generation> one : running) {
        done.add(one.get(60, TimeUnit.SECONDS));
      }
      return done;
    } catch (ExecutionException | TimeoutException e) {
      throw new AssertionError("a request among many did not end well", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }
}
