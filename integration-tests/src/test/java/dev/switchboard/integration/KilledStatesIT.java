package dev.switchboard.integration;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.integration.TestCluster.Shape;
import dev.switchboard.proto.v1.GenerateRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * Nodes with states of the sequence that is being generated are killed: experts that remember, and
 * mixers. The same text, to the last bit of the logits, after a stall that is printed.
 */
class KilledStatesIT {
  private static final int SEEDS = 20;
  private static final int TOKENS = 240;

  private static final Duration STALL = Duration.ofMillis(500);
  private static final GenerateRequest LONG = Generation.greedy(Models.prompt(150), TOKENS).build();

  @Test
  void anExpertsStateIsRebuiltOnAnotherNode() {
    Shape shape = Shape.of(Models.mamba(), 2).replicas(2);
    List<Long> stalls = kill(shape, LONG, SEEDS);
    print("nodes with Mamba experts killed", stalls);
    assertBrief(stalls);
  }

  @Test
  void aMixersStateIsRebuiltOnAnotherNode() {
    Path hybrid = Launched.home().resolve("model/src/test/resources/golden/hf/granitemoehybrid");
    Shape shape = Shape.of(hybrid, 2).replicas(2).routerOptions("--mixers", "nodes");
    int[] prompt = IntStream.range(0, 150).map(i -> (i * 37 + 5) % 200).toArray();
    List<Long> stalls = kill(shape, Generation.greedy(prompt, TOKENS).build(), 5);
    print("nodes with mixers killed", stalls);
    assertBrief(stalls);
  }

  /** The longest gap between two tokens, in milliseconds, of each seed's generation. */
  private static List<Long> kill(Shape shape, GenerateRequest request, int seeds) {
    try (TestCluster alone = TestCluster.start(Shape.inProcess(shape.model()));
        TestCluster cluster = TestCluster.start(shape)) {
      cluster.awaitWhole();
      Generation undisturbed = Generation.run(alone.channel(), request);
      assertThat(Generation.run(cluster.channel(), request).digest())
          .isEqualTo(undisturbed.digest());
      return LongStream.range(0, seeds)
          .map(seed -> kill(cluster, request, undisturbed, seed))
          .boxed()
          .toList();
    }
  }

  private static long kill(
      TestCluster cluster, GenerateRequest request, Generation undisturbed, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int victim = random.nextInt(2);
    int after = random.nextInt(1, TOKENS - 1);
    long[] last = {System.nanoTime()};
    long[] longest = {0};
    Generation disturbed =
        Generation.run(
            cluster.channel(),
            request,
            count -> {
              long now = System.nanoTime();
              if (count > after) {
                longest[0] = Math.max(longest[0], now - last[0]);
              }
              last[0] = now;
              if (count == after) {
                cluster.node(victim).kill();
              }
            });
    assertThat(disturbed.digest())
        .as("seed %d: node %d killed after %d tokens", seed, victim, after)
        .isEqualTo(undisturbed.digest());
    assertThat(disturbed.tokens()).isEqualTo(undisturbed.tokens());
    cluster.replaceNode(victim);
    cluster.awaitWhole();
    return Duration.ofNanos(longest[0]).toMillis();
  }

  private static void assertBrief(List<Long> stalls) {
    assertThat(p95(sorted(stalls))).as("p95 of %s", stalls).isLessThanOrEqualTo(STALL.toMillis());
  }

  private static long p95(long[] sorted) {
    return sorted[(int) Math.ceil(0.95 * sorted.length) - 1];
  }

  private static long[] sorted(List<Long> stalls) {
    return stalls.stream().mapToLong(Long::longValue).sorted().toArray();
  }

  private static void print(String what, List<Long> stalls) {
    long[] sorted = sorted(stalls);
    System.out.printf(
        "%s %d times: stall %d ms at the median, %d ms at p95, %d ms at most (%s)%n",
        what,
        sorted.length,
        sorted[sorted.length / 2],
        p95(sorted),
        sorted[sorted.length - 1],
        Arrays.toString(sorted));
  }
}
