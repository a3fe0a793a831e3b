package dev.switchboard.router.engine;

import dev.switchboard.model.Model;
import dev.switchboard.model.PrefixStates;
import dev.switchboard.model.crew.Crew;
import dev.switchboard.model.moe.LocalExperts;
import dev.switchboard.model.sampling.SamplingParams;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/** Engines of small models, and requests to them that a seed decides. */
final class EngineRuns {
  static final int PROMPT = 50;

  static final int CHUNK = 16;

  private EngineRuns() {}

  static Engine engine(Model model) {
    return engine(EngineModel.of(model, model.localExperts(), Crew.ALONE), 0);
  }

  static Engine engine(EngineModel of, int align) {
    SchedulerLimits limits =
        new SchedulerLimits(4, 40, 64, Duration.ofMillis(100), 0, Duration.ofSeconds(30), align);
    PassCounters counters = new PassCounters(of.moeLayers().size(), of.experts());
    return new Engine(limits, of, counters).start();
  }

  static Engine keeping(Model model, int chunk) {
    LocalExperts experts = model.localExperts();
    PrefixStates prefixes = new PrefixStates(model.trunk(), experts, chunk, 64 << 20);
    return engine(EngineModel.of(model, experts, Crew.ALONE, prefixes), chunk);
  }

  static GenerationSpec spec(int maxTokens) {
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

  static EngineRequest request(int[] prompt, int maxTokens) {
    return new EngineRequest(
        "test", "me", prompt, CHUNK, Ticket.NO_DEADLINE, new Work.Generate(spec(maxTokens)));
  }

  static RecordingSink run(Engine engine, EngineRequest request) {
    RecordingSink reader = new RecordingSink();
    engine.submit(engine.newId(), request, reader);
    return reader;
  }

  static int[] prompt(int seed) {
    int[] prompt = new int[PROMPT];
    Arrays.setAll(prompt, i -> Math.floorMod(seed * 31 + i * i * 7 + i * 3, 97));
    return prompt;
  }

  static int[] plus(int[] prompt, List<Integer> tokens) {
    int[] all = Arrays.copyOf(prompt, prompt.length + tokens.size());
    for (int i = 0; i < tokens.size(); i++) {
      all[prompt.length + i] = tokens.get(i);
    }
    return all;
  }
}
