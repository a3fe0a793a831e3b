package dev.switchboard.model.reference;

import dev.switchboard.model.ForwardPass;
import dev.switchboard.model.Model;
import dev.switchboard.model.SequenceState;
import dev.switchboard.model.StepSegment;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/** Two models that ought to compute the same. */
final class Twins {
  private static final int TOKENS = 40;

  private Twins() {}

  /** Of the logits after each token of one prompt. */
  static double largestDifference(Path one, Path other) {
    float[] first = logits(one);
    float[] second = logits(other);
    return IntStream.range(0, first.length)
        .mapToDouble(i -> Math.abs(first[i] - second[i]))
        .max()
        .orElseThrow();
  }

  private static float[] logits(Path path) {
    try (Model model = Model.open(path);
        SequenceState sequence = model.trunk().newSequence(1, TOKENS)) {
      int[] tokens = IntStream.range(0, TOKENS).map(i -> 3 + 7 * i % 101).toArray();
      StepSegment segment = new StepSegment(sequence, tokens, StepSegment.Logits.ALL);
      return new ForwardPass(model.trunk(), model.localExperts()).run(List.of(segment)).logits()[0];
    }
  }
}
