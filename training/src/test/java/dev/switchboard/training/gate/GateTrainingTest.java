package dev.switchboard.training.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.switchboard.training.data.LineHints;
import dev.switchboard.training.run.MetricsLog;
import dev.switchboard.training.twin.TinyTwin;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GateTrainingTest {
  private static final GateLoss LOSS = new GateLoss(0.01, 1e-4, 1);

  @TempDir private Path folder;
  private final GateWork work =
      new GateWork(
          GateWork.Task.of(
              TinyTwin.CONFIG,
              TinyTwin.weights(3),
              new GateWork.Reading(texts(), LineHints.none(60)),
              LOSS,
              7));

  @AfterEach
  void close() {
    work.close();
  }

  /** Each domain has words of its own, so that there is something to learn. */
  private static List<int[]> texts() {
    SplittableRandom random = new SplittableRandom(9);
    return List.of(
        random.ints(3000, 1, 20).toArray(),
        random.ints(3000, 20, 40).toArray(),
        random.ints(3000, 40, 60).toArray());
  }

  @Test
  void theSumDoesNotDependOnTheOrderOfMicroBatches() {
    float[] gate = GateParameters.random(TinyTwin.CONFIG, 1).values();
    long[] forward = new long[GateWork.sums(TinyTwin.CONFIG)];
    long[] backward = new long[forward.length];
    for (int i = 0; i < 3; i++) {
      FixedPoint.add(forward, work.sum(0, i, gate, 0.5f));
      FixedPoint.add(backward, work.sum(0, 2 - i, gate, 0.5f));
    }
    assertThat(forward).isEqualTo(backward);
    assertThat(work.sum(1, 0, gate, 0.5f)).isNotEqualTo(work.sum(0, 0, gate, 0.5f));
  }

  @Test
  void learnsWhichExpertIsWhose() throws IOException {
    GateState state = GateState.start(GateParameters.random(TinyTwin.CONFIG, 1));
    var steps = run(state, 30, 30, keeper("a", "learn"));
    double first = steps.get(0).path("domainLoss").asDouble();
    assertThat(steps.get(29).path("domainLoss").asDouble()).isLessThan(first / 2);
    assertThat(steps.get(0).path("tokensPerExpert")).hasSize(3);
  }

  @Test
  void aResumedRunGivesTheSameBits() throws IOException {
    GateState whole = GateState.start(GateParameters.random(TinyTwin.CONFIG, 1));
    run(whole, 6, 100, keeper("whole", "x"));

    GateState.Keeper keeper = keeper("part", "x");
    GateState part = GateState.start(GateParameters.random(TinyTwin.CONFIG, 1));
    int[] calls = {0};
    GateTraining.MicroBatches failing =
        (step, gate, hardness) -> {
          if (calls[0]++ == 4) {
            throw new IllegalStateException("the machine went away");
          }
          return sum(step, gate, hardness);
        };
    assertThatThrownBy(() -> run(part, 6, 2, keeper, failing)).hasMessageContaining("went away");

    GateState resumed = keeper.resume(GateState.start(GateParameters.random(TinyTwin.CONFIG, 5)));
    assertThat(resumed.step()).isEqualTo(4);
    run(resumed, 6, 2, keeper);
    assertThat(resumed.values()).isEqualTo(whole.values());
  }

  @Test
  void aStateOfAnotherRunIsRefused() throws IOException {
    GateState state = GateState.start(GateParameters.random(TinyTwin.CONFIG, 1));
    keeper("other", "seed=1").keep(state);
    assertThatThrownBy(() -> keeper("other", "seed=2").resume(state))
        .hasMessageContaining("seed=1")
        .hasMessageContaining("seed=2");
  }

  private GateState.Keeper keeper(String name, String identity) {
    return new GateState.Keeper(folder.resolve(name), identity);
  }

  private long[] sum(long step, float[] gate, float hardness) {
    return FixedPoint.add(work.sum(step, 0, gate, hardness), work.sum(step, 1, gate, hardness));
  }

  private ArrayNode run(GateState state, long steps, long checkpoint, GateState.Keeper keeper)
      throws IOException {
    return run(state, steps, checkpoint, keeper, this::sum);
  }

  private ArrayNode run(
      GateState state,
      long steps,
      long checkpoint,
      GateState.Keeper keeper,
      GateTraining.MicroBatches batches)
      throws IOException {
    GateTraining.Settings settings = new GateTraining.Settings(steps, 2, 0.05, LOSS, checkpoint);
    try (MetricsLog metrics = new MetricsLog(folder.resolve("metrics.jsonl"), false)) {
      return new GateTraining(TinyTwin.CONFIG, settings, batches).run(state, keeper, metrics);
    }
  }
}
