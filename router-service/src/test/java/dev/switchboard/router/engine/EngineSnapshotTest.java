package dev.switchboard.router.engine;

import static dev.switchboard.router.engine.EngineRuns.PROMPT;
import static dev.switchboard.router.engine.EngineRuns.engine;
import static dev.switchboard.router.engine.EngineRuns.plus;
import static dev.switchboard.router.engine.EngineRuns.prompt;
import static dev.switchboard.router.engine.EngineRuns.request;
import static dev.switchboard.router.engine.EngineRuns.run;
import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.model.Model;
import dev.switchboard.model.snapshot.SequenceSnapshot;
import dev.switchboard.model.testing.ModelHost;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that hand their states out, and requests that go on from one. */
class EngineSnapshotTest {
  @TempDir Path folder;

  private Model model(String name) {
    return ModelHost.open(name, folder);
  }

  @ParameterizedTest
  @ValueSource(strings = {"mamba", "granitemoehybrid", "qwen3_moe", "switchboard-mamba"})
  void aGenerationGoesOnWhereItsStateWasSaved(String name) {
    int[] prompt = prompt(1);
    try (Model here = model(name);
        Engine engine = engine(here);
        Model there = model(name);
        Engine other = engine(there)) {
      RecordingSink whole = run(engine, request(prompt, 24));
      whole.await();
      RecordingSink first = run(engine, request(prompt, 8).wishing(new SnapshotWishes(0, true)));
      first.await();
      assertThat(first.snapshots).hasSize(1);
      SequenceSnapshot saved = ModelHost.copy(first.snapshots.getFirst());
      assertThat(saved.position()).isEqualTo(PROMPT + 7);
      assertThat(saved.tokens()).isEqualTo(plus(prompt, first.tokens));
      EngineRequest rest = request(saved.tokens(), 24).from(saved, new Resumed(8, 8));
      RecordingSink second = run(other, rest);
      GenerationSummary summary = second.await();
      assertThat(first.tokens).isEqualTo(whole.tokens.subList(0, 8));
      assertThat(second.tokens).isEqualTo(whole.tokens.subList(8, 24));
      assertThat(summary.promptTokens()).isEqualTo(PROMPT);
      assertThat(summary.generatedTokens()).isEqualTo(24);
      assertThat(first.text + second.text.toString()).hasToString(whole.text.toString());
      assertThat(other.counters().promptTokens()).isEqualTo(1);
    }
  }

  @Test
  void whatWasNotDeliveredIsToldAgain() {
    int[] prompt = prompt(2);
    try (Model model = model("mamba");
        Engine engine = engine(model)) {
      RecordingSink whole = run(engine, request(prompt, 12).wishing(new SnapshotWishes(20, false)));
      whole.await();
      assertThat(whole.snapshots)
          .extracting(SequenceSnapshot::position)
          .containsExactly(32L, 48L, 60L);
      SequenceSnapshot early = whole.snapshots.get(1);
      int[] known = plus(prompt, whole.tokens.subList(0, 9));
      RecordingSink again = run(engine, request(known, 12).from(early, new Resumed(9, 4)));
      again.await();
      assertThat(again.tokens).isEqualTo(whole.tokens.subList(4, 12));
      RecordingSink over =
          run(engine, request(plus(prompt, whole.tokens), 12).from(early, new Resumed(12, 11)));
      assertThat(over.await().reason()).isEqualTo(FinishReason.LENGTH);
      assertThat(over.tokens).isEqualTo(whole.tokens.subList(11, 12));
      assertThat(engine.running()).isZero();
    }
  }

  @Test
  void aStateOfOtherTokensEndsTheRequest() {
    try (Model model = model("mamba");
        Engine engine = engine(model)) {
      RecordingSink first = run(engine, request(prompt(1), 2).wishing(new SnapshotWishes(0, true)));
      first.await();
      SequenceSnapshot saved = first.snapshots.getFirst();
      EngineRequest foreign = request(prompt(3), 2).from(saved, Resumed.NOT);
      assertThat(run(engine, foreign).problem()).contains("INVALID").contains("position");
      EngineRequest brief = request(Arrays.copyOf(prompt(1), 20), 2).from(saved, Resumed.NOT);
      assertThat(run(engine, brief).problem()).contains("INVALID").contains("one more at least");
      assertThat(run(engine, request(prompt(1), 2)).await().generatedTokens()).isEqualTo(2);
    }
  }

  @Test
  void aStateOfAnotherModelEndsTheRequest() {
    try (Model one = model("mamba");
        Engine engine = engine(one);
        Model two = model("mamba2");
        Engine other = engine(two)) {
      RecordingSink first = run(engine, request(prompt(1), 2).wishing(new SnapshotWishes(0, true)));
      first.await();
      SequenceSnapshot saved = first.snapshots.getFirst();
      EngineRequest foreign = request(saved.tokens(), 2).from(saved, Resumed.NOT);
      assertThat(run(other, foreign).problem())
          .contains("INVALID")
          .contains(one.fingerprint())
          .contains(two.fingerprint());
    }
  }

  @Test
  void aStateThatIsTooLargeIsNotMade() {
    try (Model model = model("mamba");
        Engine engine = engine(model)) {
      SnapshotWishes wishes = new SnapshotWishes(10, true, 1000);
      RecordingSink reader = run(engine, request(prompt(1), 2).wishing(wishes));
      reader.await();
      assertThat(reader.snapshots).isEmpty();
      assertThat(reader.refusals).isNotEmpty().allMatch(text -> text.contains("the limit is 1000"));
    }
  }

  @Test
  void statesAreHandedOutWhileItReadsAndGenerates() {
    int[] prompt = prompt(4);
    try (Model model = model("switchboard-mamba");
        Engine engine = engine(model)) {
      RecordingSink reader = run(engine, request(prompt, 20).wishing(new SnapshotWishes(16, true)));
      reader.await();
      assertThat(reader.snapshots)
          .extracting(SequenceSnapshot::position)
          .containsExactly(16L, 32L, 48L, 64L, 69L);
      assertThat(reader.snapshots.get(1).tokens()).isEqualTo(Arrays.copyOf(prompt, 32));
      int[] all = plus(prompt, reader.tokens);
      for (SequenceSnapshot snapshot : reader.snapshots) {
        int read = (int) snapshot.position();
        int given = Math.max(PROMPT + 1, read + 1);
        Resumed resumed = new Resumed(given - PROMPT, given - PROMPT);
        RecordingSink rest =
            run(engine, request(Arrays.copyOf(all, given), 20).from(snapshot, resumed));
        rest.await();
        assertThat(rest.tokens).isEqualTo(reader.tokens.subList(given - PROMPT, 20));
      }
      assertThat(Optional.of(engine.running())).contains(0);
    }
  }
}
