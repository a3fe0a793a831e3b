package dev.switchboard.router.engine;

import static dev.switchboard.router.engine.EngineRuns.PROMPT;
import static dev.switchboard.router.engine.EngineRuns.engine;
import static dev.switchboard.router.engine.EngineRuns.keeping;
import static dev.switchboard.router.engine.EngineRuns.plus;
import static dev.switchboard.router.engine.EngineRuns.prompt;
import static dev.switchboard.router.engine.EngineRuns.request;
import static dev.switchboard.router.engine.EngineRuns.run;
import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.model.Model;
import dev.switchboard.model.PrefixStates;
import dev.switchboard.model.crew.Crew;
import dev.switchboard.model.moe.ExpertRunner;
import dev.switchboard.model.moe.LocalExperts;
import dev.switchboard.model.moe.MoeCall;
import dev.switchboard.model.moe.MoeOutcome;
import dev.switchboard.model.snapshot.ExpertSnapshot;
import dev.switchboard.model.snapshot.SequenceSnapshot;
import dev.switchboard.model.snapshot.SnapshotException;
import dev.switchboard.model.snapshot.SnapshotException.Problem;
import dev.switchboard.model.testing.ModelHost;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that begin where others have been, or that cannot. */
class EnginePrefixTest {
  @TempDir Path folder;

  private Model model(String name) {
    return ModelHost.open(name, folder);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mamba",
        "mamba2",
        "jamba",
        "granitemoehybrid",
        "nemotron_h",
        "bamba",
        "qwen3_moe",
        "switchboard",
        "switchboard-mamba"
      })
  void whoBeginsAlikeReadsItsOwnAlone(String name) {
    int shared = 400;
    int suffix = 10;
    int chunk = 32;
    int[] common = new int[shared];
    Arrays.setAll(common, i -> Math.floorMod(i * i * 5 + i * 3, 97));
    try (Model model = model(name);
        Engine keeps = keeping(model, chunk);
        Engine alone = engine(model)) {
      run(keeps, request(common, 1)).await();
      long before = keeps.counters().promptTokens();
      List<RecordingSink> readers = new ArrayList<>();
      List<RecordingSink> expected = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        int[] prompt = Arrays.copyOf(common, shared + suffix);
        Arrays.fill(prompt, shared, shared + suffix, i);
        readers.add(run(keeps, request(prompt, 5)));
        expected.add(run(alone, request(prompt, 5)));
      }
      readers.forEach(RecordingSink::await);
      expected.forEach(RecordingSink::await);
      assertThat(keeps.counters().promptTokens() - before)
          .isLessThanOrEqualTo(20L * (suffix + chunk));
      for (int i = 0; i < 20; i++) {
        assertThat(readers.get(i).tokens).isEqualTo(expected.get(i).tokens);
      }
    }
  }

  /** Keys and values give way while states are kept, and requests begin behind what is left. */
  @ParameterizedTest
  @ValueSource(strings = {"granitemoehybrid", "jamba"})
  void hybridsWithLittleMemoryGiveTheSameBits(String name) {
    try (Model model = model(name);
        Model roomy = model(name);
        Engine alone = engine(roomy)) {
      model.trunk().kvCache().setBudget(model.trunk().kvCache().bytesFor(260));
      try (Engine engine = keeping(model, 32)) {
        List<RecordingSink> readers = new ArrayList<>();
        List<RecordingSink> expected = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
          int[] prompt = prompt(i % 3);
          prompt[PROMPT - 1] = i;
          readers.add(run(engine, request(prompt, 60)));
          expected.add(run(alone, request(prompt, 60)));
        }
        readers.forEach(RecordingSink::await);
        expected.forEach(RecordingSink::await);
        for (int i = 0; i < 8; i++) {
          assertThat(readers.get(i).tokens).as("request %d", i).isEqualTo(expected.get(i).tokens);
        }
        assertThat(engine.counters().preemptions()).isPositive();
        assertThat(engine.counters().prefixTokens()).isPositive();
        assertThat(model.trunk().kvCache().usedBytes()).isZero();
      }
    }
  }

  @Test
  void aContinuedConversationIsNotReadAgain() {
    try (Model model = model("switchboard-mamba");
        Engine engine = keeping(model, 32)) {
      RecordingSink first = run(engine, request(prompt(1), 60));
      first.await();
      long before = engine.counters().promptTokens();
      int[] next = plus(plus(prompt(1), first.tokens), List.of(5, 6, 7));
      RecordingSink second = run(engine, request(next, 3));
      second.await();
      assertThat(engine.counters().promptTokens() - before).isEqualTo(next.length - 96);
      try (Model other = model("switchboard-mamba");
          Engine alone = engine(other)) {
        RecordingSink undisturbed = run(alone, request(next, 3));
        undisturbed.await();
        assertThat(second.tokens).isEqualTo(undisturbed.tokens);
      }
    }
  }

  /** Experts whose states cannot be had. */
  private record Silent(LocalExperts experts, RuntimeException problem) implements ExpertRunner {
    @Override
    public MoeOutcome run(MoeCall call) {
      return experts.run(call);
    }

    @Override
    public List<ExpertSnapshot> snapshot(long sequenceId) {
      throw problem;
    }

    @Override
    public void restore(long sequenceId, List<ExpertSnapshot> states) {
      throw problem;
    }

    @Override
    public void release(long sequenceId) {
      experts.release(sequenceId);
    }
  }

  @Test
  void whereNoStateCanBeHadRequestsGoOn() {
    try (Model model = model("switchboard-mamba");
        Engine good = engine(model)) {
      RecordingSink expected =
          run(good, request(prompt(1), 20).wishing(new SnapshotWishes(0, true)));
      expected.await();
      SequenceSnapshot saved = expected.snapshots.getFirst();
      for (RuntimeException problem :
          List.of(
              new SnapshotException(Problem.UNAVAILABLE, "the node is gone"),
              new IllegalStateException("the node is gone"))) {
        Silent silent = new Silent(model.localExperts(), problem);
        PrefixStates prefixes = new PrefixStates(model.trunk(), silent, 32, 64 << 20);
        try (Engine engine = engine(EngineModel.of(model, silent, Crew.ALONE, prefixes), 32)) {
          RecordingSink reader =
              run(engine, request(prompt(1), 20).wishing(new SnapshotWishes(16, true)));
          reader.await();
          assertThat(reader.tokens).isEqualTo(expected.tokens);
          assertThat(reader.refusals).hasSize(5).allMatch(text -> text.contains("is gone"));
          RecordingSink resumed = run(engine, request(saved.tokens(), 2).from(saved, Resumed.NOT));
          assertThat(resumed.problem()).contains("the node is gone");
          assertThat(run(engine, request(prompt(2), 2)).await().generatedTokens()).isEqualTo(2);
          assertThat(silent.experts.sequences()).isZero();
        }
      }
    }
  }
}
