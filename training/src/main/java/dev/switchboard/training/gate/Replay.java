package dev.switchboard.training.gate;

import dev.switchboard.model.ForwardPass;
import dev.switchboard.model.Model;
import dev.switchboard.model.SequenceState;
import dev.switchboard.model.StepResult;
import dev.switchboard.model.StepSegment;
import dev.switchboard.model.moe.LocalExperts;
import dev.switchboard.model.moe.MoeCall;
import dev.switchboard.model.moe.Routing;
import dev.switchboard.model.sampling.Sampler;
import dev.switchboard.model.sampling.SamplingParams;
import dev.switchboard.training.data.Domain;
import dev.switchboard.training.data.Vocabulary;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Stands for texts that are not at hand: each expert of a model, awake alone, writes some. A gate
 * that is taught a new domain learns from them what to leave to the others.
 */
public final class Replay {
  private static final int TEXTS = 32;
  private static final int TOKENS = 512;

  private Replay() {}

  /** One domain an expert, in their order. */
  public static List<Domain> domains(Path folder, List<String> experts, long seed) {
    try (Model model = Model.open(folder);
        LocalExperts local = model.localExperts()) {
      List<Domain> domains = new ArrayList<>();
      for (int e = 0; e < experts.size(); e++) {
        System.err.println("expert " + experts.get(e) + " writes");
        int[] text = written(model, local, e, seed);
        domains.add(new Domain(experts.get(e), text, new int[0]));
      }
      return domains;
    }
  }

  private static int[] written(Model model, LocalExperts local, int expert, long seed) {
    ForwardPass pass = new ForwardPass(model.trunk(), call -> local.run(all(call, expert)));
    int[][] texts = new int[TEXTS][TOKENS];
    List<SequenceState> sequences = new ArrayList<>();
    for (int i = 0; i < TEXTS; i++) {
      sequences.add(model.trunk().newSequence(i));
      texts[i][0] = Vocabulary.END_OF_TEXT;
    }
    for (int t = 1; t < TOKENS; t++) {
      List<StepSegment> step = new ArrayList<>();
      for (int i = 0; i < TEXTS; i++) {
        step.add(new StepSegment(sequences.get(i), new int[] {texts[i][t - 1]}, true));
      }
      StepResult result = pass.run(step);
      for (int i = 0; i < TEXTS; i++) {
        SamplingParams drawn =
            new SamplingParams(1f, 0, 1f, 0f, 1f, 0f, 0f, seed * TEXTS * 64 + expert * TEXTS + i);
        texts[i][t] = Sampler.sample(result.logits()[i], drawn, new int[0], t);
      }
    }
    sequences.forEach(SequenceState::close);
    return Arrays.stream(texts).flatMapToInt(IntStream::of).toArray();
  }

  /** The call with one expert in the place of every choice; one is awake a token. */
  private static MoeCall all(MoeCall call, int expert) {
    int[] experts = new int[call.tokens()];
    Arrays.fill(experts, expert);
    Routing routing = new Routing(call.tokens(), 1, experts, call.routing().weights());
    return new MoeCall(
        call.layer(),
        call.tokens(),
        call.dModel(),
        call.input(),
        routing,
        call.sequenceOfToken(),
        call.positionOfToken(),
        call.dead(),
        call.outputs());
  }
}
