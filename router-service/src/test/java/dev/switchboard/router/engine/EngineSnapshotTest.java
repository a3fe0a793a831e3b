package dev.switchboard.router.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.model.Model;
import dev.switchboard.model.PrefixStates;
import dev.switchboard.model.crew.Crew;
import dev.switchboard.model.moe.ExpertRunner;
import dev.switchboard.model.moe.LocalExperts;
import dev.switchboard.model.moe.MoeCall;
import dev.switchboard.model.moe.MoeOutcome;
import dev.switchboard.model.sampling.SamplingParams;
import dev.switchboard.model.snapshot.ExpertSnapshot;
import dev.switchboard.model.snapshot.SequenceSnapshot;
import dev.switchboard.model.snapshot.SnapshotException;
import dev.switchboard.model.snapshot.SnapshotException.Problem;
import dev.switchboard.model.testing.ModelHost;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that hand their states out, and requests that go on from one. */
class EngineSnapshotTest {
  private static final int PROMPT = 50;
  private static final int CHUNK = 16;

  @TempDir Path folder;

  /** Everything that came of a request. */
  private static final class Reader implements RequestSink {
    final List<Integer> tokens = new ArrayList<>();
    final StringBuilder text = new StringBuilder();
    final List<SequenceSnapshot> snapshots = new ArrayList<>();
    final List<String> refusals = new ArrayList<>();
    final CompletableFuture<GenerationSummary> end = new CompletableFuture<>();

    @Override
    public void admitted() {}

    @Override
    public void promptLogits(int firstRow, int rows, float[] logits) {}

    @Override
    public void token(TokenEvent event) {
      tokens.add(event.id());
      text.append(event.text());
    }

    @Override
    public void snapshot(SequenceSnapshot snapshot) {
      snapshots.add(snapshot);
    }

    @Override
    public void noSnapshot(String reason) {
      refusals.add(reason);
    }

    @Override
    public void generated(GenerationSummary summary) {
      end.complete(summary);
    }

    @Override
    public void routed(RouteSummary summary) {}

    @Override
    public void failed(Ending ending) {
      end.completeExceptionally(new IllegalStateException(ending.kind() + ": " + ending.message()));
    }

    @Override
    public boolean behind() {
      return false;
    }

    GenerationSummary await() {
      return end.orTimeout(60, TimeUnit.SECONDS).join();
    }

    String problem() {
      return end.handle((summary, problem) -> problem == null ? "" : String.valueOf(problem))
          .orTimeout(60, TimeUnit.SECONDS)
          .join();
    }
  }

  private Model model(String name) {
    return ModelHost.open(name, folder);
  }

  private static Engine engine(Model model) {
    return engine(EngineModel.of(model, model.localExperts(), Crew.ALONE), 0);
  }

  private static Engine keeping(Model model, int chunk) {
    LocalExperts experts = model.localExperts();
    PrefixStates prefixes = new PrefixStates(model.trunk(), experts, chunk, 64 << 20);
    return engine(EngineModel.of(model, experts, Crew.ALONE, prefixes), chunk);
  }

  private static Engine engine(EngineModel of, int align) {
    SchedulerLimits limits =
        new SchedulerLimits(4, 40, 64, Duration.ofMillis(100), 0, Duration.ofSeconds(30), align);
    PassCounters counters = new PassCounters(of.moeLayers().size(), of.experts());
    return new Engine(limits, of, counters).start();
  }

  private static GenerationSpec spec(int maxTokens) {
    return new GenerationSpec(
        new SamplingParams(0.8f, 0, 1f, 0f, 1.3f, 0.2f, 0.1f, 7L),
        maxTokens,
        List.of(),
        Set.of(),
        Set.of(),
        List.of(),
        new GenerationSpec.Report(0, false, false, false),
        false);
  }

  private static EngineRequest request(int[] prompt, int maxTokens) {
    return new EngineRequest(
        "test", "me", prompt, CHUNK, Ticket.NO_DEADLINE, new Work.Generate(spec(maxTokens)));
  }

  private static Reader run(Engine engine, EngineRequest request) {
    Reader reader = new Reader();
    engine.submit(engine.newId(), request, reader);
    return reader;
  }

  private static int[] prompt(int seed) {
    int[] prompt = new int[PROMPT];
    Arrays.setAll(prompt, i -> Math.floorMod(seed * 31 + i * i * 7 + i * 3, 97));
    return prompt;
  }

  private static int[] plus(int[] prompt, List<Integer> tokens) {
    int[] all = Arrays.copyOf(prompt, prompt.length + tokens.size());
    for (int i = 0; i < tokens.size(); i++) {
      all[prompt.length + i] = tokens.get(i);
    }
    return all;
  }

  @ParameterizedTest
  @ValueSource(strings = {"mamba", "granitemoehybrid", "qwen3_moe", "switchboard-mamba"})
  void aGenerationGoesOnWhereItsStateWasSaved(String name) {
    int[] prompt = prompt(1);
    try (Model here = model(name);
        Engine engine = engine(here);
        Model there = model(name);
        Engine other = engine(there)) {
      Reader whole = run(engine, request(prompt, 24));
      whole.await();
      Reader first = run(engine, request(prompt, 8).wishing(new SnapshotWishes(0, true)));
      first.await();
      assertThat(first.snapshots).hasSize(1);
      SequenceSnapshot saved = ModelHost.copy(first.snapshots.getFirst());
      assertThat(saved.position()).isEqualTo(PROMPT + 7);
      assertThat(saved.tokens()).isEqualTo(plus(prompt, first.tokens));
      EngineRequest rest = request(saved.tokens(), 24).from(saved, new Resumed(8, 8));
      Reader second = run(other, rest);
      GenerationSummary summary = second.await();
      assertThat(first.tokens).isEqualTo(whole.tokens.subList(0, 8));
      assertThat(second.tokens).isEqualTo(whole.tokens.subList(8, 24));
      assertThat(summary.promptTokens()).isEqualTo(PROMPT);
      assertThat(summary.generatedTokens()).isEqualTo(24);
      assertThat(first.text + second.text.toString()).hasToString(whole.text.toString());
      assertThat(other.counters().promptTokens()).isEqualTo(1);
    }
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
      List<Reader> readers = new ArrayList<>();
      List<Reader> expected = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        int[] prompt = Arrays.copyOf(common, shared + suffix);
        Arrays.fill(prompt, shared, shared + suffix, i);
        readers.add(run(keeps, request(prompt, 5)));
        expected.add(run(alone, request(prompt, 5)));
      }
      readers.forEach(Reader::await);
      expected.forEach(Reader::await);
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
        List<Reader> readers = new ArrayList<>();
        List<Reader> expected = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
          int[] prompt = prompt(i % 3);
          prompt[PROMPT - 1] = i;
          readers.add(run(engine, request(prompt, 60)));
          expected.add(run(alone, request(prompt, 60)));
        }
        readers.forEach(Reader::await);
        expected.forEach(Reader::await);
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
      Reader first = run(engine, request(prompt(1), 60));
      first.await();
      long before = engine.counters().promptTokens();
      int[] next = plus(plus(prompt(1), first.tokens), List.of(5, 6, 7));
      Reader second = run(engine, request(next, 3));
      second.await();
      assertThat(engine.counters().promptTokens() - before).isEqualTo(next.length - 96);
      try (Model other = model("switchboard-mamba");
          Engine alone = engine(other)) {
        Reader undisturbed = run(alone, request(next, 3));
        undisturbed.await();
        assertThat(second.tokens).isEqualTo(undisturbed.tokens);
      }
    }
  }

  @Test
  void whatWasNotDeliveredIsToldAgain() {
    int[] prompt = prompt(2);
    try (Model model = model("mamba");
        Engine engine = engine(model)) {
      Reader whole = run(engine, request(prompt, 12).wishing(new SnapshotWishes(20, false)));
      whole.await();
      assertThat(whole.snapshots)
          .extracting(SequenceSnapshot::position)
          .containsExactly(32L, 48L, 60L);
      SequenceSnapshot early = whole.snapshots.get(1);
      int[] known = plus(prompt, whole.tokens.subList(0, 9));
      Reader again = run(engine, request(known, 12).from(early, new Resumed(9, 4)));
      again.await();
      assertThat(again.tokens).isEqualTo(whole.tokens.subList(4, 12));
      Reader over =
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
      Reader first = run(engine, request(prompt(1), 2).wishing(new SnapshotWishes(0, true)));
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
      Reader first = run(engine, request(prompt(1), 2).wishing(new SnapshotWishes(0, true)));
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
      Reader reader = run(engine, request(prompt(1), 2).wishing(wishes));
      reader.await();
      assertThat(reader.snapshots).isEmpty();
      assertThat(reader.refusals).isNotEmpty().allMatch(text -> text.contains("the limit is 1000"));
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
      Reader expected = run(good, request(prompt(1), 20).wishing(new SnapshotWishes(0, true)));
      expected.await();
      SequenceSnapshot saved = expected.snapshots.getFirst();
      for (RuntimeException problem :
          List.of(
              new SnapshotException(Problem.UNAVAILABLE, "the node is gone"),
              new IllegalStateException("the node is gone"))) {
        Silent silent = new Silent(model.localExperts(), problem);
        PrefixStates prefixes = new PrefixStates(model.trunk(), silent, 32, 64 << 20);
        try (Engine engine = engine(EngineModel.of(model, silent, Crew.ALONE, prefixes), 32)) {
          Reader reader = run(engine, request(prompt(1), 20).wishing(new SnapshotWishes(16, true)));
          reader.await();
          assertThat(reader.tokens).isEqualTo(expected.tokens);
          assertThat(reader.refusals).hasSize(5).allMatch(text -> text.contains("is gone"));
          Reader resumed = run(engine, request(saved.tokens(), 2).from(saved, Resumed.NOT));
          assertThat(resumed.problem()).contains("the node is gone");
          assertThat(run(engine, request(prompt(2), 2)).await().generatedTokens()).isEqualTo(2);
          assertThat(silent.experts.sequences()).isZero();
        }
      }
    }
  }

  @Test
  void statesAreHandedOutWhileItReadsAndGenerates() {
    int[] prompt = prompt(4);
    try (Model model = model("switchboard-mamba");
        Engine engine = engine(model)) {
      Reader reader = run(engine, request(prompt, 20).wishing(new SnapshotWishes(16, true)));
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
        Reader rest = run(engine, request(Arrays.copyOf(all, given), 20).from(snapshot, resumed));
        rest.await();
        assertThat(rest.tokens).isEqualTo(reader.tokens.subList(given - PROMPT, 20));
      }
      assertThat(Optional.of(engine.running())).contains(0);
    }
  }
}
