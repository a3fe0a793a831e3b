package dev.switchboard.training.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.switchboard.training.data.LineHints;
import dev.switchboard.training.run.FullDisk;
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
  private static final GateLoss LOSS = new GateLoss(1, 0.01, 1e-4, 1);

  private static final float[] NO_BIAS = {};

  @TempDir private Path folder;
  private final GateWork work = new GateWork(task(LOSS));

  private static GateWork.Task task(GateLoss loss) {
    return GateWork.Task.of(
        TinyTwin.CONFIG,
        TinyTwin.weights(3),
        new GateWork.Reading(texts(), LineHints.none(60), SequenceLengths.USUAL),
        loss,
        7);
  }

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
      FixedPoint.add(forward, work.sum(0, i, GatePoint.of(gate, 0.5f)));
      FixedPoint.add(backward, work.sum(0, 2 - i, GatePoint.of(gate, 0.5f)));
    }
    assertThat(forward).isEqualTo(backward);
    assertThat(work.sum(1, 0, GatePoint.of(gate, 0.5f)))
        .isNotEqualTo(work.sum(0, 0, GatePoint.of(gate, 0.5f)));
  }

  @Test
  void learnsWhichExpertIsWhose() throws IOException {
    GateState state = GateState.start(GateParameters.random(TinyTwin.CONFIG, 1), NO_BIAS);
    var steps = run(state, 30, 30, keeper("a", "learn"));
    double first = steps.get(0).path("domainLoss").asDouble();
    assertThat(steps.get(29).path("domainLoss").asDouble()).isLessThan(first / 2);
    assertThat(steps.get(0).path("tokensPerExpert")).hasSize(3);
  }

  @Test
  void aResumedRunGivesTheSameBits() throws IOException {
    GateState whole = GateState.start(GateParameters.random(TinyTwin.CONFIG, 1), NO_BIAS);
    run(whole, 6, 100, keeper("whole", "x"));

    GateState.Keeper keeper = keeper("part", "x");
    GateState part = GateState.start(GateParameters.random(TinyTwin.CONFIG, 1), NO_BIAS);
    int[] calls = {0};
    GateTraining.MicroBatches failing =
        (step, point) -> {
          if (calls[0]++ == 4) {
            throw new IllegalStateException("the machine went away");
          }
          return sum(step, point);
        };
    assertThatThrownBy(() -> run(part, 6, 2, keeper, failing)).hasMessageContaining("went away");

    GateState resumed =
        keeper.resume(GateState.start(GateParameters.random(TinyTwin.CONFIG, 5), NO_BIAS));
    assertThat(resumed.step()).isEqualTo(4);
    run(resumed, 6, 2, keeper);
    assertThat(resumed.values()).isEqualTo(whole.values());
  }

  @Test
  void aFullDiskLeavesTheOlderState() throws IOException {
    GateState.Keeper keeper = keeper("full", "x");
    GateState part = GateState.start(GateParameters.random(TinyTwin.CONFIG, 1), NO_BIAS);
    int[] calls = {0};
    GateTraining.MicroBatches failing =
        (step, point) -> {
          if (calls[0] == 3) {
            FullDisk.nextTime(folder.resolve("full"));
          }
          if (calls[0]++ == 5) {
            throw new IllegalStateException("the machine went away");
          }
          return sum(step, point);
        };
    assertThatThrownBy(() -> run(part, 6, 2, keeper, failing)).hasMessageContaining("went away");
    GateState resumed =
        keeper.resume(GateState.start(GateParameters.random(TinyTwin.CONFIG, 5), NO_BIAS));
    assertThat(resumed.step()).as("that of step 4 found no room").isEqualTo(2);
  }

  /** Labels alone: the text behind the gates is read, not differentiated. */
  @Test
  void learnsFromLabelsAlone() throws IOException {
    GateLoss labels = new GateLoss(0, 0, 0, 1);
    try (GateWork cheap = new GateWork(task(labels))) {
      GateState state = GateState.start(GateParameters.random(TinyTwin.CONFIG, 1), NO_BIAS);
      var steps =
          run(
              state,
              settings(30, 30, 0, labels),
              keeper("labels", "learn"),
              (step, point) -> cheap.sum(step, 0, point));
      double first = steps.get(0).path("domainLoss").asDouble();
      assertThat(steps.get(29).path("domainLoss").asDouble()).isLessThan(first / 2);
      assertThat(steps.get(0).has("lmLoss")).isFalse();
    }
  }

  /** A bias that sends all tokens to one expert is taken back step by step. */
  @Test
  void theBiasEvensTheLoadAndIsKept() throws IOException {
    GateLoss none = new GateLoss(0, 0, 1e-9, 0);
    float[] bias = {2, 0, 0, 2, 0, 0};
    GateState.Keeper keeper = keeper("bias", "x");
    try (GateWork cheap = new GateWork(task(none))) {
      GateState state = GateState.start(GateParameters.random(TinyTwin.CONFIG, 1), bias);
      var steps =
          run(
              state,
              settings(60, 60, 0.05, none),
              keeper,
              (step, point) -> cheap.sum(step, 0, point));
      assertThat(steps.get(0).path("balance").asDouble()).isLessThan(0.4);
      double last = 0;
      for (int step = 50; step < 60; step++) {
        last += steps.get(step).path("balance").asDouble() / 10;
      }
      assertThat(last).isGreaterThan(0.7);
      GateState kept = keeper.resume(GateState.start(state.parameters(TinyTwin.CONFIG), bias));
      assertThat(kept.bias(1, TinyTwin.CONFIG)).isEqualTo(state.bias(1, TinyTwin.CONFIG));
      assertThat(kept.bias(1, TinyTwin.CONFIG)).isNotEqualTo(new float[] {2, 0, 0});
    }
  }

  @Test
  void theBiasDecidesAndDoesNotCount() {
    float[] gate = GateParameters.random(TinyTwin.CONFIG, 1).values();
    float[] bias = {0, 1000, 0, 0, 0, 1000};
    GateSums all = GateSums.read(work.sum(0, 0, new GatePoint(gate, bias, 1)), TinyTwin.CONFIG, 1);
    assertThat(all.tokens()[0][1]).isEqualTo(all.tokensPerExpert()[1]).isPositive();
    assertThat(all.tokens()[1][2]).isEqualTo(all.tokensPerExpert()[2]).isPositive();
    assertThat(all.tokensPerExpert()[0]).isZero();
    // The softmax is the logits' own: entropy near log 3 with gates this small, not zero.
    assertThat(all.entropy()).isGreaterThan(0.5);
  }

  @Test
  void aStateOfAnotherRunIsRefused() throws IOException {
    GateState state = GateState.start(GateParameters.random(TinyTwin.CONFIG, 1), NO_BIAS);
    keeper("other", "seed=1").keep(state);
    assertThatThrownBy(() -> keeper("other", "seed=2").resume(state))
        .hasMessageContaining("seed=1")
        .hasMessageContaining("seed=2");
  }

  private GateState.Keeper keeper(String name, String identity) {
    return new GateState.Keeper(folder.resolve(name), identity);
  }

  private long[] sum(long step, GatePoint point) {
    return FixedPoint.add(work.sum(step, 0, point), work.sum(step, 1, point));
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
    return run(state, settings(steps, checkpoint, 0, LOSS), keeper, batches);
  }

  private static GateTraining.Settings settings(
      long steps, long checkpoint, double biasRate, GateLoss loss) {
    return new GateTraining.Settings(
        steps, loss == LOSS ? 2 : 1, 0.05, biasRate, loss, SequenceLengths.USUAL, checkpoint);
  }

  private ArrayNode run(
      GateState state,
      GateTraining.Settings settings,
      GateState.Keeper keeper,
      GateTraining.MicroBatches batches)
      throws IOException {
    try (MetricsLog metrics = new MetricsLog(folder.resolve("metrics.jsonl"), false)) {
      return new GateTraining(TinyTwin.CONFIG, settings, batches).run(state, keeper, metrics);
    }
  }
}
