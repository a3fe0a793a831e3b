package dev.switchboard.model.reference;

import com.fasterxml.jackson.databind.JsonNode;
import dev.switchboard.model.ForwardPass;
import dev.switchboard.model.Model;
import dev.switchboard.model.SequenceState;
import dev.switchboard.model.StepResult;
import dev.switchboard.model.StepSegment;
import dev.switchboard.model.StepSegment.Logits;
import dev.switchboard.model.Trunk;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.checkpoint.JsonFiles;
import dev.switchboard.model.moe.ExpertRunner;
import dev.switchboard.model.moe.Routing;
import dev.switchboard.model.sampling.LogProbs;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeSet;

/**
 * Compares a GGUF file with what llama.cpp computed: {@code reference.json} beside it, which holds
 * either one prompt with the probabilities of the next token and the experts that were chosen, or
 * several with the largest log-probabilities after each, its likelihood and its continuation.
 */
final class GgufCheck {
  static final String ANSWERS = "reference.json";

  private static final double PROBABILITY_BOUND = 1e-4;

  /** llama.cpp's cache is F16 and its codes of activations are its own. */
  private static final double LOG_PROBABILITY_BOUND = 0.02;

  private final Path file;
  private final JsonNode answers;
  private final Trunk trunk;
  private final ExpertRunner experts;
  private final List<String> notes = new ArrayList<>();
  private final Sameness chosen = new Sameness("experts", notes);

  private GgufCheck(Path file, JsonNode answers, Model model) {
    this.file = file;
    this.answers = answers;
    this.trunk = model.trunk();
    this.experts = model.localExperts();
  }

  static ReferenceReport of(Path file) {
    Path table = file.resolveSibling(ANSWERS);
    JsonNode answers = JsonFiles.readObject(table);
    String name = String.valueOf(file.getFileName());
    String stem = name.substring(0, name.length() - ".gguf".length());
    try (Model model = Model.open(file)) {
      GgufCheck check = new GgufCheck(file, answers, model);
      if (answers.path("files").has(name)) {
        return check.likely(answers.path("files").get(name).path("answers"), stem);
      }
      if (answers.path("probs").has(stem)) {
        return check.probable(stem);
      }
      throw CheckpointException.in(table, "has no answers for %s", name);
    }
  }

  private ReferenceReport probable(String stem) {
    JsonNode want = answers.path("probs").path(stem);
    int[] prompt = ids(answers.path("prompt"));
    Observed observed = new Observed(trunk.dModel());
    float[] logits = run(prompt, observed);
    LogProbs found =
        LogProbs.of(Arrays.copyOfRange(logits, logits.length - trunk.vocabulary(), logits.length));
    Difference difference = new Difference("probabilities", PROBABILITY_BOUND, false, notes);
    for (int token = 0; token < want.size(); token++) {
      double off = Math.abs(want.get(token).asDouble() - StrictMath.exp(found.of(token)));
      difference.add("the next token", token, off, PROBABILITY_BOUND);
    }
    for (JsonNode route : answers.path(stem + "_routes")) {
      compareRoute(route, observed);
    }
    return report(stem, difference, difference.within(), PROBABILITY_BOUND);
  }

  /** {@code [layer, token, [experts]]}. */
  private void compareRoute(JsonNode route, Observed observed) {
    int layer = route.path(0).asInt();
    int token = route.path(1).asInt();
    Routing routing =
        observed
            .routing(layer)
            .orElseThrow(() -> CheckpointException.in(file, "layer %s has no experts", layer));
    Set<Integer> found = new TreeSet<>();
    for (int rank = 0; rank < routing.topK(); rank++) {
      found.add(routing.expert(token, rank));
    }
    Set<Integer> expected = new TreeSet<>();
    route.path(2).forEach(expert -> expected.add(expert.asInt()));
    chosen.compare("layer " + layer + ", token " + token, expected, found);
  }

  private ReferenceReport likely(JsonNode want, String stem) {
    Difference difference =
        new Difference("log-probabilities", LOG_PROBABILITY_BOUND, false, notes);
    for (int i = 0; i < want.size(); i++) {
      int[] prompt = ids(answers.path("prompts").path(i));
      String name = "prompt " + (i + 1);
      float[] logits = run(prompt, new Observed(trunk.dModel()));
      difference.add("the median of " + name, median(want.get(i).path("lastTop16"), logits));
      double likelihood = negativeLogLikelihood(prompt, logits);
      difference.add(
          "the likelihood of " + name, Math.abs(want.get(i).path("nll").asDouble() - likelihood));
    }
    return report(stem, difference, difference.within(), LOG_PROBABILITY_BOUND);
  }

  private double median(JsonNode top, float[] logits) {
    LogProbs found =
        LogProbs.of(Arrays.copyOfRange(logits, logits.length - trunk.vocabulary(), logits.length));
    double[] off = new double[top.size()];
    for (int i = 0; i < off.length; i++) {
      JsonNode entry = top.get(i);
      off[i] = Math.abs(entry.path(1).asDouble() - found.of(entry.path(0).asInt()));
    }
    Arrays.sort(off);
    return off.length == 0 ? Double.NaN : off[off.length / 2];
  }

  private double negativeLogLikelihood(int[] prompt, float[] logits) {
    int vocabulary = trunk.vocabulary();
    double sum = 0;
    for (int i = 0; i + 1 < prompt.length; i++) {
      float[] row = Arrays.copyOfRange(logits, i * vocabulary, (i + 1) * vocabulary);
      sum -= LogProbs.of(row).of(prompt[i + 1]);
    }
    return sum / Math.max(1, prompt.length - 1);
  }

  private float[] run(int[] prompt, Observed observed) {
    try (SequenceState sequence = trunk.newSequence(1, prompt.length)) {
      StepResult result =
          new ForwardPass(trunk, experts, observed)
              .run(List.of(new StepSegment(sequence, prompt, Logits.ALL)));
      result
          .failure(0)
          .ifPresent(failure -> {
            throw CheckpointException.in(file, "%s", failure.reason());
          });
      return result.logits()[0];
    }
  }

  private ReferenceReport report(String stem, Difference difference, boolean within, double bound) {
    notes.add("compared: %s".formatted(difference.kind()));
    return new ReferenceReport(
        file,
        stem,
        difference.largest(),
        OptionalDouble.empty(),
        OptionalDouble.empty(),
        OptionalDouble.empty(),
        chosen.result(),
        Optional.empty(),
        bound,
        within && chosen.same(),
        notes);
  }

  private static int[] ids(JsonNode list) {
    int[] ids = new int[list.size()];
    Arrays.setAll(ids, i -> list.get(i).asInt(-1));
    return ids;
  }
}
