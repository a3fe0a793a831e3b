package dev.switchboard.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.model.moe.ExpertRunner;
import dev.switchboard.model.moe.LocalExperts;
import dev.switchboard.model.moe.MoeCall;
import dev.switchboard.model.moe.MoeOutcome;
import dev.switchboard.model.snapshot.SnapshotException;
import dev.switchboard.model.testing.TinyModels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The bits of a sequence depend on the model and the sequence alone. */
class ForwardPassTest {
  private static final int TOKENS = 23;

  enum Kind {
    FFN,
    FFN_BF16_TOP2,
    MAMBA,
    MAMBA_TOP2_PLAIN_GATE;

    TinyModels model() {
      TinyModels tiny = TinyModels.seeded(11).experts(4);
      return switch (this) {
        case FFN -> tiny;
        case FFN_BF16_TOP2 -> tiny.bf16().topK(2).tied(true);
        case MAMBA -> tiny.mambaExperts();
        case MAMBA_TOP2_PLAIN_GATE -> tiny.mambaExperts().topK(2).gateMemory(false);
      };
    }
  }

  @TempDir Path folder;

  private static int[] tokens(int seed, int count, int vocabulary) {
    int[] tokens = new int[count];
    for (int i = 0; i < count; i++) {
      tokens[i] = Math.floorMod((seed * 7919 + i * i * 31 + i * 17), vocabulary);
    }
    return tokens;
  }

  /** Everything that a sequence shows: logits after each step, and all choices. */
  private record Seen(List<float[]> logits, List<Integer> choices) {
    static Seen empty() {
      return new Seen(new ArrayList<>(), new ArrayList<>());
    }

    void add(StepResult result, int segment) {
      logits.add(result.logits()[segment]);
      Arrays.stream(result.choices().get(segment).experts()).forEach(choices::add);
    }

    float[] last() {
      return Objects.requireNonNull(logits.getLast());
    }
  }

  private static Seen alone(Model model, int[] tokens, int chunk) {
    ForwardPass pass = new ForwardPass(model.trunk(), model.localExperts());
    SequenceState sequence = model.trunk().newSequence(5);
    Seen seen = Seen.empty();
    for (int from = 0; from < tokens.length; from += chunk) {
      int to = Math.min(tokens.length, from + chunk);
      int[] part = Arrays.copyOfRange(tokens, from, to);
      seen.add(pass.run(List.of(new StepSegment(sequence, part, true))), 0);
    }
    assertThat(sequence.position()).isEqualTo(tokens.length);
    return seen;
  }

  @ParameterizedTest
  @EnumSource
  void anyCutIntoChunksGivesTheSameBits(Kind kind) {
    try (Model model = Model.open(kind.model().write(folder))) {
      int[] tokens = tokens(1, TOKENS, model.trunk().vocabulary());
      Seen whole = alone(model, tokens, TOKENS);
      assertThat(whole.choices()).doesNotContain(-1);
      assertThat(whole.choices().stream().distinct().count()).isGreaterThan(1);
      for (int chunk : new int[] {1, 2, 7, 16}) {
        Seen cut = alone(model, tokens, chunk);
        assertThat(cut.last()).isEqualTo(whole.last());
        assertThat(cut.choices()).isEqualTo(whole.choices());
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void companionsDoNotChangeBits(Kind kind) {
    try (Model model = Model.open(kind.model().write(folder))) {
      Trunk trunk = model.trunk();
      int[] tokens = tokens(1, TOKENS, trunk.vocabulary());
      Seen expected = alone(model, tokens, 6);
      ForwardPass pass = new ForwardPass(trunk, model.localExperts());
      SequenceState mine = trunk.newSequence(70);
      SequenceState long1 = trunk.newSequence(71);
      Seen seen = Seen.empty();
      for (int from = 0, step = 0; from < TOKENS; from += 6, step++) {
        int[] part = Arrays.copyOfRange(tokens, from, Math.min(TOKENS, from + 6));
        List<StepSegment> segments = new ArrayList<>();
        segments.add(new StepSegment(long1, tokens(step, 9, trunk.vocabulary()), step % 2 == 0));
        segments.add(new StepSegment(mine, part, true));
        SequenceState fleeting = trunk.newSequence(80 + step);
        segments.add(new StepSegment(fleeting, tokens(step + 3, 2, trunk.vocabulary()), true));
        seen.add(pass.run(segments), 1);
      }
      assertThat(seen.logits()).hasSameSizeAs(expected.logits());
      for (int i = 0; i < seen.logits().size(); i++) {
        assertThat(seen.logits().get(i)).isEqualTo(expected.logits().get(i));
      }
      assertThat(seen.choices()).isEqualTo(expected.choices());
    }
  }

  @Test
  void warmingChangesNothing() {
    try (Model model = Model.open(Kind.FFN_BF16_TOP2.model().write(folder))) {
      int[] tokens = tokens(1, 5, model.trunk().vocabulary());
      float[] before = alone(model, tokens, 5).last();
      assertThat(model.trunk().warm()).isPositive();
      assertThat(alone(model, tokens, 5).last()).isEqualTo(before);
    }
  }

  @Test
  void logitsOnlyWhereWanted() {
    try (Model model = Model.open(Kind.FFN.model().write(folder))) {
      Trunk trunk = model.trunk();
      ForwardPass pass = new ForwardPass(trunk, model.localExperts());
      SequenceState a = trunk.newSequence(1);
      SequenceState b = trunk.newSequence(2);
      StepResult result =
          pass.run(
              List.of(
                  new StepSegment(a, new int[] {1, 2}, false),
                  new StepSegment(b, new int[] {3}, true)));
      assertThat(result.logits()[0]).isNull();
      assertThat(result.logits()[1]).hasSize(trunk.vocabulary());
      assertThat(result.failures()).isEmpty();
      RoutingTrace trace = result.choices().getFirst();
      assertThat(trace.tokens()).isEqualTo(2);
      assertThat(trace.moeLayers()).isEqualTo(2);
      assertThat(trace.expert(1, 1, 0)).isBetween(0, 3);
      assertThat(a.bytes()).isPositive().isEqualTo(b.bytes());
    }
  }

  @Test
  void impossibleSegmentsAreRefusedAndMoveNothing() {
    try (Model model = Model.open(Kind.FFN.model().write(folder))) {
      Trunk trunk = model.trunk();
      ForwardPass pass = new ForwardPass(trunk, model.localExperts());
      SequenceState a = trunk.newSequence(1);
      StepSegment good = new StepSegment(a, new int[] {1}, true);
      assertThatThrownBy(() -> pass.run(List.of(good, good))).hasMessageContaining("segment 1");
      assertThatThrownBy(() -> pass.run(List.of(new StepSegment(a, new int[0], true))))
          .hasMessageContaining("no tokens");
      int beyond = trunk.vocabulary();
      assertThatThrownBy(() -> pass.run(List.of(new StepSegment(a, new int[] {beyond}, true))))
          .hasMessage("segment 0: token " + beyond + "; the vocabulary has " + beyond);
      assertThat(a.position()).isZero();
      assertThat(pass.run(List.of(good)).failures()).isEmpty();
      a.close();
      assertThatThrownBy(() -> pass.run(List.of(good))).hasMessageContaining("closed");
    }
  }

  /** Loses the answers for some sequence on some layer. */
  private record Losing(LocalExperts inner, long sequence, int layer) implements ExpertRunner {
    @Override
    public MoeOutcome run(MoeCall call) {
      inner.run(call);
      List<MoeOutcome.Lost> lost = new ArrayList<>();
      for (int t = 0; t < call.tokens(); t++) {
        if (call.layer() == layer && call.sequenceOfToken()[t] == sequence) {
          Arrays.fill(call.outputs(), t * call.dModel(), (t + 1) * call.dModel(), Float.NaN);
          lost.add(new MoeOutcome.Lost(t, call.routing().expert(t, 0), "node-3 is gone"));
        }
      }
      return new MoeOutcome(lost);
    }
  }

  @Test
  void aLostExpertEndsItsSegmentAlone() {
    try (Model model = Model.open(Kind.FFN.model().write(folder))) {
      Trunk trunk = model.trunk();
      int[] tokens = tokens(1, 6, trunk.vocabulary());
      Seen expected = alone(model, tokens, 6);
      LocalExperts local = model.localExperts();
      ForwardPass pass = new ForwardPass(trunk, new Losing(local, 8, 0));
      SequenceState lost = trunk.newSequence(8);
      SequenceState kept = trunk.newSequence(9);
      StepResult result =
          pass.run(
              List.of(
                  new StepSegment(lost, new int[] {1, 2, 3}, true),
                  new StepSegment(kept, tokens, true)));
      assertThat(result.logits()[0]).isNull();
      assertThat(result.logits()[1]).isEqualTo(expected.last());
      SegmentFailure failure = result.failure(0).orElseThrow();
      assertThat(failure.layer()).isZero();
      assertThat(failure.reason()).isEqualTo("node-3 is gone");
      assertThat(failure.lostExperts()).isNotEmpty();
      assertThat(result.failures()).hasSize(1);
      assertThat(lost.usable()).isFalse();
      assertThat(kept.usable()).isTrue();
      // On layer 1 only the living are computed.
      assertThat(local.rows(1, 0) + local.rows(1, 1) + local.rows(1, 2) + local.rows(1, 3))
          .isEqualTo(6);
    }
  }

  /** The answers of layer 0 are nothing for some sequence. */
  private static float[] withNothing(Model model, int[] tokens) {
    LocalExperts local = model.localExperts();
    ExpertRunner nothing =
        call -> {
          local.run(call);
          if (call.layer() == 0) {
            Arrays.fill(call.outputs(), 0, call.tokens() * call.dModel(), 0f);
          }
          return MoeOutcome.complete();
        };
    SequenceState sequence = model.trunk().newSequence(8);
    StepResult result =
        new ForwardPass(model.trunk(), nothing)
            .run(List.of(new StepSegment(sequence, tokens, true)));
    return Objects.requireNonNull(result.logits()[0]);
  }

  @Test
  void aSequenceThatBearsItGoesOnByTheSharedPathAndLeavesNothing() {
    try (Model model = Model.open(Kind.FFN.model().write(folder))) {
      Trunk trunk = model.trunk();
      int[] tokens = tokens(1, 6, trunk.vocabulary());
      Seen expected = alone(model, tokens, 6);
      ForwardPass pass = new ForwardPass(trunk, new Losing(model.localExperts(), 8, 0));
      SequenceState lost = trunk.newSequence(8);
      lost.bearLoss();
      SequenceState kept = trunk.newSequence(9);
      int[] mine = {1, 2, 3};
      StepResult result =
          pass.run(List.of(new StepSegment(lost, mine, true), new StepSegment(kept, tokens, true)));
      assertThat(result.failures()).isEmpty();
      assertThat(result.logits()[0]).isEqualTo(withNothing(model, mine));
      assertThat(result.logits()[1]).isEqualTo(expected.last());
      assertThat(result.choices().get(0).degraded().stream()).containsExactly(0, 1, 2);
      assertThat(result.choices().get(1).degraded().isEmpty()).isTrue();
      assertThat(lost.position()).isEqualTo(3);
      assertThat(lost.degraded()).isTrue();
      assertThat(lost.sharedWith()).isNull();
      assertThat(kept.degraded()).isFalse();
      assertThatThrownBy(() -> lost.snapshot(mine, List.of()))
          .isInstanceOf(SnapshotException.class)
          .hasMessageContaining("experts were missing");
      assertThatThrownBy(() -> lost.fork(10).snapshot(mine, List.of()))
          .isInstanceOf(SnapshotException.class);
    }
  }

  @Test
  void aStateThatMissesATokenIsNotBorne() {
    try (Model model = Model.open(Kind.MAMBA.model().write(folder))) {
      Trunk trunk = model.trunk();
      ForwardPass pass = new ForwardPass(trunk, new Losing(model.localExperts(), 8, 0));
      SequenceState lost = trunk.newSequence(8);
      lost.bearLoss();
      StepResult result = pass.run(List.of(new StepSegment(lost, new int[] {1, 2}, true)));
      assertThat(result.failure(0)).isPresent();
      assertThat(lost.usable()).isFalse();
    }
  }

  @Test
  void aNonFiniteValueEndsItsSegmentNamingLayerAndPosition() {
    try (Model model = Model.open(Kind.FFN.model().write(folder))) {
      Trunk trunk = model.trunk();
      LocalExperts local = model.localExperts();
      ExpertRunner poison =
          call -> {
            local.run(call);
            if (call.layer() == 1 && call.positionOfToken()[0] == 0) {
              call.outputs()[2 * call.dModel() + 3] = Float.POSITIVE_INFINITY;
            }
            return MoeOutcome.complete();
          };
      ForwardPass pass = new ForwardPass(trunk, poison);
      SequenceState bad = trunk.newSequence(1);
      SequenceState good = trunk.newSequence(2);
      int[] tokens = tokens(1, 5, trunk.vocabulary());
      StepResult result =
          pass.run(
              List.of(
                  new StepSegment(bad, new int[] {4, 5, 6}, true),
                  new StepSegment(good, tokens, true)));
      assertThat(result.failure(0).orElseThrow().reason())
          .isEqualTo("NaN or infinity in layer 1 (experts) at position 2");
      assertThat(result.failure(0).orElseThrow().layer()).isEqualTo(1);
      assertThat(result.logits()[1]).isEqualTo(alone(model, tokens, 5).last());
    }
  }

  @Test
  void aRunnerThatThrowsSpoilsTheSequencesOfItsStep() {
    try (Model model = Model.open(Kind.FFN.model().write(folder))) {
      ExpertRunner broken =
          call -> {
            throw new IllegalStateException("a bug");
          };
      SequenceState sequence = model.trunk().newSequence(1);
      ForwardPass pass = new ForwardPass(model.trunk(), broken);
      StepSegment segment = new StepSegment(sequence, new int[] {1}, true);
      assertThatThrownBy(() -> pass.run(List.of(segment))).hasMessage("a bug");
      assertThat(sequence.usable()).isFalse();
    }
  }

  @Test
  void statefulExpertsForgetReleasedSequences() {
    try (Model model = Model.open(Kind.MAMBA.model().write(folder))) {
      LocalExperts local = model.localExperts();
      ForwardPass pass = new ForwardPass(model.trunk(), local);
      int[] tokens = tokens(1, 6, model.trunk().vocabulary());
      float[] first =
          pass.run(List.of(new StepSegment(model.trunk().newSequence(1), tokens, true)))
              .logits()[0];
      assertThat(local.sequences()).isEqualTo(1);
      local.release(1);
      assertThat(local.sequences()).isZero();
      float[] again =
          pass.run(List.of(new StepSegment(model.trunk().newSequence(1), tokens, true)))
              .logits()[0];
      assertThat(again).isEqualTo(first);
    }
  }
}
