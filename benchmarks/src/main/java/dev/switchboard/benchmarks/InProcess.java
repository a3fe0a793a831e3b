package dev.switchboard.benchmarks;

import dev.switchboard.model.ForwardPass;
import dev.switchboard.model.ForwardProbe;
import dev.switchboard.model.Model;
import dev.switchboard.model.SequenceState;
import dev.switchboard.model.StepResult;
import dev.switchboard.model.StepSegment;
import dev.switchboard.model.Trunk;
import dev.switchboard.model.crew.Crew;
import dev.switchboard.model.moe.LocalExperts;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The forward pass alone, in this process: no scheduler, no sampler, no network. Logits are
 * computed for the last token of the prompt and for every generated one, whose id is given: what
 * comes next does not change the work. Prompt and generation are timed apart; the sequences that
 * generate go on from run to run.
 */
final class InProcess implements Contender {
  /** Rows of one step of the prompt. */
  private static final int PROMPT_CHUNK = 512;

  private final Workload work;
  private final Sizes sizes;
  private final Crew crew;
  private final Trunk trunk;
  private final LocalExperts experts;
  private final ForwardPass pass;
  private long nextSequence;

  /** The caller's thread computes, and as many more as it takes. */
  InProcess(Model model, int threads, Workload work) {
    this.work = work;
    this.sizes = work.sizes();
    this.crew = Crew.of("bench", threads);
    this.trunk = model.trunk();
    this.experts = model.localExperts(crew);
    this.pass = new ForwardPass(trunk, experts, ForwardProbe.NONE, crew);
  }

  static Throughput measure(Model model, int threads, Workload work) {
    try (InProcess here = new InProcess(model, threads, work)) {
      return here.measure();
    }
  }

  @Override
  public double promptSpeed() {
    int[] ids = work.promptIds();
    return ids.length / prompt(ids);
  }

  @Override
  public double generateSpeed(int run) {
    try (Sequences all = new Sequences(work.streams())) {
      for (int s = 0; s < work.streams(); s++) {
        all.read(s, work.earlierIds());
      }
      return all.generate(run);
    }
  }

  @Override
  public CompilerTime compilers() {
    return CompilerTime.ofThisAnd(List.of());
  }

  @Override
  public void close() {
    experts.close();
    crew.close();
  }

  private Throughput measure() {
    Optional<Spread> prompt = sizes.prompt() == 0 ? Optional.empty() : Optional.of(prompts());
    Optional<Spread> generate =
        sizes.generate() == 0 ? Optional.empty() : Optional.of(generations());
    return new Throughput("one process", 0, prompt, generate, Memory.ofThisProcess());
  }

  private void warmUp(Runnable work) {
    new WarmUp(sizes.warmup(), compilers()).with(work);
  }

  private Spread prompts() {
    int[] ids = work.promptIds();
    warmUp(() -> prompt(ids));
    List<Double> speeds = new ArrayList<>();
    for (int run = 0; run < sizes.runs(); run++) {
      speeds.add(promptSpeed());
    }
    return Spread.of(speeds);
  }

  /** Seconds that a prompt takes, in a sequence of its own. */
  private double prompt(int[] ids) {
    try (Sequences one = new Sequences(1)) {
      long begun = System.nanoTime();
      one.read(0, ids);
      return (System.nanoTime() - begun) * 1e-9;
    }
  }

  private Spread generations() {
    warmGeneration();
    List<Double> speeds = new ArrayList<>();
    try (Sequences all = new Sequences(work.streams())) {
      for (int s = 0; s < work.streams(); s++) {
        all.read(s, work.earlierIds());
      }
      if (sizes.depth() > 0) {
        warmAtDepth(all);
      }
      for (int run = 0; run < sizes.runs(); run++) {
        speeds.add(all.generate(run));
      }
    }
    return Spread.of(speeds);
  }

  private void warmGeneration() {
    warmUp(() -> {
      try (Sequences all = new Sequences(work.streams())) {
        all.generate(0);
      }
    });
  }

  /** What attention does behind long texts the short sequences of other warm-up do not show. */
  private void warmAtDepth(Sequences deep) {
    warmUp(() -> {
      try (Sequences forks = deep.fork()) {
        forks.generate(0);
      }
    });
  }

  /** Sequences that take a token each in every step. */
  private final class Sequences implements AutoCloseable {
    private final List<SequenceState> states = new ArrayList<>();
    private final long first = nextSequence;

    private Sequences() {}

    Sequences(int count) {
      for (int i = 0; i < count; i++) {
        states.add(trunk.newSequence(nextSequence++));
      }
    }

    Sequences fork() {
      Sequences forks = new Sequences();
      for (SequenceState state : states) {
        experts.fork(state.id(), nextSequence);
        forks.states.add(state.fork(nextSequence++));
      }
      return forks;
    }

    void read(int stream, int[] ids) {
      for (int at = 0; at < ids.length; at += PROMPT_CHUNK) {
        int end = Math.min(ids.length, at + PROMPT_CHUNK);
        boolean last = end == ids.length;
        step(List.of(new StepSegment(states.get(stream), Arrays.copyOfRange(ids, at, end), last)));
      }
    }

    /** Returns tokens a second of all sequences. */
    double generate(int run) {
      long begun = System.nanoTime();
      int[][] ids = new int[states.size()][];
      Arrays.setAll(ids, stream -> work.generatedIds(stream, run));
      List<StepSegment> segments = new ArrayList<>();
      for (int i = 0; i < sizes.generate(); i++) {
        segments.clear();
        for (int s = 0; s < ids.length; s++) {
          segments.add(new StepSegment(states.get(s), new int[] {ids[s][i]}, true));
        }
        step(segments);
      }
      double seconds = (System.nanoTime() - begun) * 1e-9;
      return (double) work.streams() * sizes.generate() / seconds;
    }

    private void step(List<StepSegment> segments) {
      StepResult result = pass.run(segments);
      result
          .failure(0)
          .ifPresent(failure -> {
            throw new BenchException("the forward pass failed: " + failure.reason());
          });
    }

    @Override
    public void close() {
      states.forEach(SequenceState::close);
      for (long id = first; id < first + states.size(); id++) {
        experts.release(id);
      }
    }
  }
}
