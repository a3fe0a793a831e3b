package dev.switchboard.model.reshape;

import dev.switchboard.model.ForwardPass;
import dev.switchboard.model.Model;
import dev.switchboard.model.SequenceState;
import dev.switchboard.model.StepSegment;
import dev.switchboard.model.Trunk;
import dev.switchboard.model.moe.LocalExperts;
import java.nio.file.Path;
import java.util.List;

/** What models make of a prompt. */
final class Answers {
  private static final int[] PROMPT = {5, 20, 17, 3, 99, 41, 7, 7, 80, 25, 12, 33, 64, 127, 1, 90};

  private Answers() {}

  /** {@code [prompt tokens, vocabulary]}. */
  static float[] logits(Path folder) {
    try (Model model = Model.open(folder)) {
      return logits(model);
    }
  }

  private static float[] logits(Model model) {
    Trunk trunk = model.trunk();
    try (LocalExperts experts = model.localExperts();
        SequenceState sequence = trunk.newSequence(1, PROMPT.length)) {
      StepSegment whole = new StepSegment(sequence, PROMPT, StepSegment.Logits.ALL);
      return new ForwardPass(trunk, experts).run(List.of(whole)).logits()[0];
    }
  }

  /** The largest difference of two answers. */
  static float difference(float[] one, float[] other) {
    float most = one.length == other.length ? 0 : Float.POSITIVE_INFINITY;
    for (int i = 0; i < Math.min(one.length, other.length); i++) {
      most = Math.max(most, Math.abs(one[i] - other[i]));
    }
    return most;
  }
}
