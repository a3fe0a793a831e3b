package dev.switchboard.router.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.model.Model;
import dev.switchboard.model.PrefixStates;
import dev.switchboard.model.SequenceState;
import dev.switchboard.model.crew.Crew;
import dev.switchboard.model.moe.ExpertRunner;
import dev.switchboard.model.moe.LocalExperts;
import dev.switchboard.model.moe.MoeCall;
import dev.switchboard.model.moe.MoeOutcome;
import dev.switchboard.model.sampling.SamplingParams;
import dev.switchboard.model.testing.ModelHost;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that go on without an expert say so of each token, and leave nothing to others. */
class EngineDegradeTest {
  private static final int PROMPT = 50;

  private static final int CHUNK = 16;

  private static final int NEW_TOKENS = 8;

  @TempDir Path folder;

  /** Tokens at some positions miss the expert that they chose first, on every layer. */
  private static final class Losing implements ExpertRunner {
    private final LocalExperts experts;
    private volatile Set<Integer> positions = Set.of();

    Losing(LocalExperts experts) {
      this.experts = experts;
    }

    @Override
    public MoeOutcome run(MoeCall call) {
      experts.run(call);
      List<MoeOutcome.Lost> lost = new ArrayList<>();
      for (int token = 0; token < call.tokens(); token++) {
        if (!call.dead()[token] && positions.contains((int) call.positionOfToken()[token])) {
          lost.add(new MoeOutcome.Lost(token, call.routing().expert(token, 0), "gone"));
        }
      }
      return new MoeOutcome(lost);
    }

    @Override
    public void release(long sequenceId) {
      experts.release(sequenceId);
    }
  }

  private static Engine engine(Model model, ExpertRunner runner) {
    PrefixStates prefixes = new PrefixStates(model.trunk(), runner, 32, 64 << 20);
    EngineModel of = EngineModel.of(model, runner, Crew.ALONE, prefixes);
    SchedulerLimits limits =
        new SchedulerLimits(4, 40, 64, Duration.ofMillis(100), 0, Duration.ofSeconds(30), 32);
    return new Engine(limits, of, new PassCounters(of.moeLayers().size(), of.experts())).start();
  }

  private static RecordingSink run(Engine engine, boolean degrade) {
    int[] prompt = new int[PROMPT];
    Arrays.setAll(prompt, i -> Math.floorMod(31 + i * i * 7 + i * 3, 97));
    GenerationSpec spec =
        new GenerationSpec(
            new SamplingParams(0.8f, 0, 1f, 0f, 1f, 0f, 0f, 7L),
            NEW_TOKENS,
            List.of(),
            Set.of(),
            Set.of(),
            List.of(),
            new GenerationSpec.Report(0, false, false, false),
            degrade);
    EngineRequest request =
        new EngineRequest("test", "me", prompt, CHUNK, Ticket.NO_DEADLINE, new Work.Generate(spec));
    RecordingSink reader = new RecordingSink();
    engine.submit(engine.newId(), request.wishing(new SnapshotWishes(16, true)), reader);
    return reader;
  }

  @ParameterizedTest
  @ValueSource(strings = {"switchboard", "qwen3_moe"})
  void itSaysSoOfEachTokenAndLeavesNothing(String name) {
    try (Model model = ModelHost.open(name, folder);
        Model other = ModelHost.open(name, folder)) {
      Losing losing = new Losing(model.localExperts());
      try (Engine engine = engine(model, losing);
          Engine undisturbed = engine(other, other.localExperts())) {
        losing.positions = Set.of(10, PROMPT + 2);
        RecordingSink without = run(engine, true);
        assertThat(without.await().degradedTokens()).isEqualTo(2);
        assertThat(without.tokens).hasSize(NEW_TOKENS);
        // The token at PROMPT - 1 gives the first one.
        assertThat(without.degraded).containsExactly(3);
        assertThat(without.snapshots).isEmpty();
        assertThat(without.refusals).isNotEmpty().containsOnly(SequenceState.DEGRADED);
        assertThat(engine.counters().degradedTokens()).isEqualTo(2);

        losing.positions = Set.of();
        RecordingSink after = run(engine, true);
        RecordingSink expected = run(undisturbed, false);
        assertThat(after.await().degradedTokens()).isZero();
        expected.await();
        assertThat(after.tokens).isEqualTo(expected.tokens);
        assertThat(after.degraded).isEmpty();
        assertThat(after.snapshots).hasSameSizeAs(expected.snapshots).isNotEmpty();
        assertThat(engine.counters().prefixTokens()).isZero();
        assertThat(engine.counters().degradedTokens()).isEqualTo(2);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"switchboard", "qwen3_moe"})
  void whoeverDoesNotBearItFailsNamingTheExpert(String name) {
    try (Model model = ModelHost.open(name, folder)) {
      Losing losing = new Losing(model.localExperts());
      try (Engine engine = engine(model, losing)) {
        losing.positions = Set.of(10);
        RecordingSink reader = run(engine, false);
        assertThat(reader.problem()).contains("UNAVAILABLE: no replica is left of expert", "gone");
        assertThat(engine.counters().degradedTokens()).isZero();
      }
    }
  }
}
