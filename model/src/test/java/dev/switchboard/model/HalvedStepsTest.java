package dev.switchboard.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.model.StepSegment.Logits;
import dev.switchboard.model.moe.ExpertRunner;
import dev.switchboard.model.moe.LocalExperts;
import dev.switchboard.model.moe.MoeCall;
import dev.switchboard.model.moe.MoeOutcome;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A step whose experts are elsewhere goes in two halves by turns; nobody can tell. */
class HalvedStepsTest {
  private static final Path GOLDEN = Path.of("src/test/resources/golden/hf");

  /** Answers when it is asked for the answer, not before. */
  private static final class Elsewhere implements ExpertRunner {
    private final LocalExperts experts;
    private int underWay;
    private int mostUnderWay;
    private int loseAtToken = -1;
    private boolean breaks;

    Elsewhere(LocalExperts experts) {
      this.experts = experts;
    }

    @Override
    public MoeOutcome run(MoeCall call) {
      return start(call).await();
    }

    @Override
    public Pending start(MoeCall call) {
      mostUnderWay = Math.max(mostUnderWay, ++underWay);
      return () -> {
        underWay--;
        if (breaks) {
          breaks = false;
          throw new IllegalStateException("broken");
        }
        MoeOutcome outcome = experts.run(call);
        for (int t = 0; t < call.tokens(); t++) {
          if (call.positionOfToken()[t] == loseAtToken && !call.dead()[t]) {
            return new MoeOutcome(
                List.of(new MoeOutcome.Lost(t, call.routing().expert(t, 0), "gone")));
          }
        }
        return outcome;
      };
    }

    @Override
    public boolean answersLater() {
      return true;
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"mixtral", "granitemoehybrid", "deepseek_v3", "jamba"})
  void sameBits(String family) {
    try (Model model = Model.open(GOLDEN.resolve(family))) {
      LocalExperts experts = model.localExperts();
      ForwardPass whole = new ForwardPass(model.trunk(), experts);
      Elsewhere elsewhere = new Elsewhere(experts);
      ForwardPass halved = new ForwardPass(model.trunk(), elsewhere);
      for (int[] lengths : new int[][] {{150}, {64, 64}, {1, 1, 130}, {131, 1, 1}, {50, 100, 47}}) {
        for (Logits logits : Logits.values()) {
          assertSame(model, whole, halved, lengths, logits);
        }
      }
      assertThat(elsewhere.mostUnderWay).isEqualTo(2);
      assertThat(elsewhere.underWay).isZero();
    }
  }

  private static void assertSame(
      Model model, ForwardPass whole, ForwardPass halved, int[] lengths, Logits logits) {
    List<SequenceState> ours = sequences(model, lengths);
    List<SequenceState> theirs = sequences(model, lengths);
    for (int step = 0; step < 2; step++) {
      StepResult expected = whole.run(segments(ours, lengths, logits));
      StepResult actual = halved.run(segments(theirs, lengths, logits));
      assertThat(actual.logits()).isDeepEqualTo(expected.logits());
      for (int i = 0; i < lengths.length; i++) {
        assertThat(actual.choices().get(i).experts())
            .isEqualTo(expected.choices().get(i).experts());
        assertThat(actual.choices().get(i).weights())
            .isEqualTo(expected.choices().get(i).weights());
        assertThat(theirs.get(i).position()).isEqualTo(ours.get(i).position());
      }
      assertThat(actual.failures()).isEmpty();
    }
    ours.forEach(SequenceState::close);
    theirs.forEach(SequenceState::close);
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 140})
  void whatIsLostInEitherHalfFailsItsSegmentAlone(int position) {
    try (Model model = Model.open(GOLDEN.resolve("mixtral"))) {
      LocalExperts experts = model.localExperts();
      Elsewhere elsewhere = new Elsewhere(experts);
      ForwardPass halved = new ForwardPass(model.trunk(), elsewhere);
      int[] lengths = {5, 150, 5};
      List<SequenceState> sequences = sequences(model, lengths);
      elsewhere.loseAtToken = position;
      StepResult result = halved.run(segments(sequences, lengths, Logits.LAST));
      assertThat(result.failures()).extracting(SegmentFailure::segment).containsExactly(1);
      assertThat(result.logits()[0]).isNotNull();
      assertThat(result.logits()[1]).isNull();
      assertThat(result.logits()[2]).isNotNull();
      assertThat(sequences.get(1).usable()).isFalse();
      assertThat(sequences.get(0).usable()).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 140})
  void whatASequenceBearsIsFlaggedWhereItIs(int position) {
    try (Model model = Model.open(GOLDEN.resolve("mixtral"))) {
      Elsewhere elsewhere = new Elsewhere(model.localExperts());
      ForwardPass halved = new ForwardPass(model.trunk(), elsewhere);
      int[] lengths = {5, 150, 5};
      List<SequenceState> sequences = sequences(model, lengths);
      sequences.get(1).bearLoss();
      elsewhere.loseAtToken = position;
      StepResult result = halved.run(segments(sequences, lengths, Logits.LAST));
      assertThat(result.failures()).isEmpty();
      assertThat(result.choices().get(1).degraded().stream()).containsExactly(position);
      assertThat(result.choices().get(0).degraded().isEmpty()).isTrue();
      assertThat(result.choices().get(2).degraded().isEmpty()).isTrue();
      assertThat(sequences.get(1).degraded()).isTrue();
      assertThat(sequences.get(0).degraded()).isFalse();
    }
  }

  @Test
  void aStepThatBreaksWaitsForWhatIsUnderWay() {
    try (Model model = Model.open(GOLDEN.resolve("mixtral"))) {
      Elsewhere elsewhere = new Elsewhere(model.localExperts());
      ForwardPass halved = new ForwardPass(model.trunk(), elsewhere);
      int[] lengths = {150};
      List<SequenceState> sequences = sequences(model, lengths);
      elsewhere.breaks = true;
      assertThatThrownBy(() -> halved.run(segments(sequences, lengths, Logits.LAST)))
          .hasMessage("broken");
      assertThat(elsewhere.underWay).isZero();
      assertThat(sequences.getFirst().usable()).isFalse();
    }
  }

  private static List<SequenceState> sequences(Model model, int[] lengths) {
    List<SequenceState> sequences = new ArrayList<>();
    for (int i = 0; i < lengths.length; i++) {
      sequences.add(model.trunk().newSequence(i + 1, 2L * lengths[i]));
    }
    return sequences;
  }

  private static List<StepSegment> segments(
      List<SequenceState> sequences, int[] lengths, Logits logits) {
    List<StepSegment> segments = new ArrayList<>();
    for (int i = 0; i < lengths.length; i++) {
      int seed = i;
      int[] tokens = IntStream.range(0, lengths[i]).map(t -> 3 + (7 * t + seed) % 90).toArray();
      segments.add(new StepSegment(sequences.get(i), tokens, logits));
    }
    return segments;
  }
}
