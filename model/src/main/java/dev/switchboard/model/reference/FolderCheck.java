package dev.switchboard.model.reference;

import dev.switchboard.model.ForwardPass;
import dev.switchboard.model.Model;
import dev.switchboard.model.SequenceState;
import dev.switchboard.model.StepResult;
import dev.switchboard.model.StepSegment;
import dev.switchboard.model.StepSegment.Logits;
import dev.switchboard.model.Trunk;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.checkpoint.DType;
import dev.switchboard.model.moe.ExpertRunner;
import dev.switchboard.model.moe.Routing;
import dev.switchboard.model.reference.Answers.Prompt;
import dev.switchboard.model.sampling.LogProbs;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Compares one model folder with the answers of a reference implementation, step by step. */
final class FolderCheck {
  private static final double BOUND = 1e-4;

  /** Where weights are stored with fewer bits than the arithmetic has. */
  private static final double ROUNDED_BOUND = 2e-4;

  private static final double WEIGHT_BOUND = 1e-5;

  /** Its shared network stands beside the recorded block of experts, here it belongs to it. */
  private static final String SHARED_OUTSIDE = "granitemoehybrid";

  private final Path folder;
  private final Model model;
  private final Answers answers;
  private final Trunk trunk;
  private final ExpertRunner experts;
  private final double bound;
  private final List<String> notes = new ArrayList<>();
  private final Difference logits;
  private final Difference layers;
  private final Difference weights;
  private final Difference states;
  private final Sameness chosen = new Sameness("experts", notes);
  private final Sameness greedy = new Sameness("greedy tokens", notes);

  private FolderCheck(Path folder, Model model, Answers answers) {
    this.folder = folder;
    this.model = model;
    this.answers = answers;
    this.trunk = model.trunk();
    this.experts = model.localExperts();
    this.bound = isRounded(folder) ? ROUNDED_BOUND : BOUND;
    this.logits = new Difference("logits", bound, true, notes);
    this.layers = new Difference("layers", bound, true, notes);
    this.weights = new Difference("routing weights", WEIGHT_BOUND, false, notes);
    this.states = new Difference("states", bound, true, notes);
  }

  static ReferenceReport of(Path folder) {
    return of(folder, folder);
  }

  /** A model in any form, with the answers of a folder. */
  static ReferenceReport of(Path path, Path folder) {
    try (Model model = Model.open(path);
        Answers answers = Answers.of(folder)) {
      return new FolderCheck(path, model, answers).report();
    }
  }

  private static boolean isRounded(Path folder) {
    try (Checkpoint checkpoint = Checkpoint.open(folder)) {
      return checkpoint.names().stream()
          .anyMatch(name -> checkpoint.find(name).orElseThrow().dtype() != DType.F32);
    }
  }

  private ReferenceReport report() {
    for (Prompt prompt : answers.prompts()) {
      compare(prompt);
    }
    boolean ok =
        logits.within()
            && layers.within()
            && weights.within()
            && states.within()
            && chosen.same()
            && greedy.same();
    return new ReferenceReport(
        folder,
        answers.family(),
        logits.largest(),
        layers.largest(),
        weights.largest(),
        states.largest(),
        chosen.result(),
        greedy.result(),
        bound,
        ok,
        notes);
  }

  private void compare(Prompt prompt) {
    Observed observed = new Observed(trunk.dModel());
    try (SequenceState sequence = trunk.newSequence(1, prompt.ids().length)) {
      ForwardPass pass = new ForwardPass(trunk, experts, observed);
      float[] found = run(pass, sequence, prompt.ids(), Logits.ALL);
      answers
          .floats(prompt.name() + ".logits")
          .ifPresent(want -> logits.compare(prompt.name() + ".logits", want, found));
      for (int layer = 0; layer < trunk.plan().layers().size(); layer++) {
        compareStream(prompt, "layer." + layer, observed);
        compareExperts(prompt, layer, observed);
        States.compare(answers, prompt.name(), layer, sequence, states);
      }
      compareStream(prompt, "embeddings", observed);
      compareStream(prompt, "final_norm", observed);
      if (prompt.greedy().length > 0) {
        generate(prompt, sequence, found);
      }
    }
  }

  private void compareStream(Prompt prompt, String name, Observed observed) {
    String full = prompt.name() + '.' + name;
    answers
        .floats(full)
        .ifPresent(want -> layers.compare(full, want, observed.values(name).orElse(new float[0])));
  }

  private void compareExperts(Prompt prompt, int layer, Observed observed) {
    compareStream(prompt, "moe." + layer + ".input", observed);
    if (!model.plan().modelType().equals(SHARED_OUTSIDE)) {
      compareStream(prompt, "moe." + layer + ".output", observed);
    }
    compareStream(prompt, "router." + layer + ".logits", observed);
    String name = prompt.name() + ".router." + layer;
    float[] want = answers.floats(name + ".weights").orElse(new float[0]);
    if (want.length == 0) {
      return;
    }
    Routing routing =
        observed
            .routing(layer)
            .orElseThrow(() -> CheckpointException.in(folder, "layer %s has no experts", layer));
    int[] ids = answers.integers(name + ".experts");
    int k = routing.topK();
    for (int token = 0; token < routing.tokens(); token++) {
      Map<Integer, Float> expected = byExpert(ids, want, token, want.length / routing.tokens());
      Map<Integer, Float> found = byExpert(routing.experts(), routing.weights(), token, k);
      chosen.compare(name + ", token " + token, expected.keySet(), found.keySet());
      if (expected.keySet().equals(found.keySet())) {
        weights.compare(name + ", token " + token, floats(expected), floats(found));
      }
    }
  }

  /** Not every family records its experts in the order of their weights. */
  private static Map<Integer, Float> byExpert(int[] ids, float[] weights, int token, int topK) {
    Map<Integer, Float> sorted = new TreeMap<>();
    for (int at = token * topK; at < (token + 1) * topK; at++) {
      sorted.put(ids[at], weights[at]);
    }
    return sorted;
  }

  private static float[] floats(Map<Integer, Float> values) {
    float[] floats = new float[values.size()];
    int at = 0;
    for (float value : values.values()) {
      floats[at++] = value;
    }
    return floats;
  }

  /** Token by token, from where the prompt ended. */
  private void generate(Prompt prompt, SequenceState sequence, float[] promptLogits) {
    int vocabulary = trunk.vocabulary();
    ForwardPass pass = new ForwardPass(trunk, experts);
    float[] last =
        Arrays.copyOfRange(promptLogits, promptLogits.length - vocabulary, promptLogits.length);
    List<Integer> tokens = new ArrayList<>();
    for (int i = 0; i < prompt.greedy().length; i++) {
      if (i > 0) {
        last = run(pass, sequence, new int[] {tokens.getLast()}, Logits.LAST);
      }
      tokens.add(LogProbs.of(last).top(1).getFirst().token());
    }
    greedy.compare(prompt.name(), Arrays.stream(prompt.greedy()).boxed().toList(), tokens);
    String name = prompt.name() + ".greedy_last_logits";
    float[] chooser = last;
    answers.floats(name).ifPresent(want -> logits.compare(name, want, chooser));
  }

  private float[] run(ForwardPass pass, SequenceState sequence, int[] tokens, Logits wanted) {
    StepResult result = pass.run(List.of(new StepSegment(sequence, tokens, wanted)));
    result
        .failure(0)
        .ifPresent(failure -> {
          throw CheckpointException.in(folder, "%s", failure.reason());
        });
    return result.logits()[0];
  }
}
