package dev.switchboard.benchmarks;

import dev.switchboard.model.ForwardPass;
import dev.switchboard.model.Model;
import dev.switchboard.model.SequenceState;
import dev.switchboard.model.StepResult;
import dev.switchboard.model.StepSegment;
import dev.switchboard.model.Trunk;
import dev.switchboard.model.moe.LocalExperts;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The forward pass alone, in this process: no scheduler, no sampler, no network. Logits are
 * computed for the last token of the prompt and for every generated one, whose id is given: what
 * comes next does not change the work.
 */
final class InProcess {
  /** Rows of one step of the prompt. */
  private static final int PROMPT_CHUNK = 512;

  private final Trunk trunk;
  private final LocalExperts experts;
  private final ForwardPass pass;
  private long nextSequence;

  private InProcess(Model model, LocalExperts experts) {
    this.trunk = model.trunk();
    this.experts = experts;
    this.pass = new ForwardPass(trunk, experts);
  }

  static Throughput measure(Model model, Workload work) {
    try (LocalExperts experts = model.localExperts()) {
      return new InProcess(model, experts).measure(work);
    }
  }

  private Throughput measure(Workload work) {
    long warmUntil = System.nanoTime() + work.warmup().toNanos();
    do {
      once(work, 0);
    } while (System.nanoTime() < warmUntil);
    List<Double> prompt = new ArrayList<>();
    List<Double> generate = new ArrayList<>();
    for (int run = 0; run < work.runs(); run++) {
      double[] seconds = once(work, run);
      prompt.add(work.prompt() / seconds[0]);
      generate.add(work.generate() / seconds[1]);
    }
    return new Throughput("one process", 0, Spread.of(prompt), Spread.of(generate));
  }

  /** Seconds of the prompt and of the generated tokens. */
  private double[] once(Workload work, int run) {
    long id = nextSequence++;
    try (SequenceState sequence = trunk.newSequence(id)) {
      int[] prompt = work.promptIds();
      long begun = System.nanoTime();
      for (int at = 0; at < prompt.length; at += PROMPT_CHUNK) {
        int end = Math.min(prompt.length, at + PROMPT_CHUNK);
        step(sequence, Arrays.copyOfRange(prompt, at, end), end == prompt.length);
      }
      long read = System.nanoTime();
      for (int token : work.generatedIds(run)) {
        step(sequence, new int[] {token}, true);
      }
      return new double[] {(read - begun) * 1e-9, (System.nanoTime() - read) * 1e-9};
    } finally {
      experts.release(id);
    }
  }

  private void step(SequenceState sequence, int[] tokens, boolean wantsLogits) {
    StepResult result = pass.run(List.of(new StepSegment(sequence, tokens, wantsLogits)));
    result
        .failure(0)
        .ifPresent(failure -> {
          throw new BenchException("the forward pass failed: " + failure.reason());
        });
  }
}
