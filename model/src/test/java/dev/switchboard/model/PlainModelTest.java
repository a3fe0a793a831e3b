package dev.switchboard.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.switchboard.model.checkpoint.Checkpoint;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the forward pass computes is what the documentation says. */
class PlainModelTest {
  private static final int TOKENS = 12;

  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource
  void logits(ForwardPassTest.Kind kind) {
    kind.model().write(folder);
    try (Checkpoint checkpoint = Checkpoint.open(folder);
        Model model = Model.open(folder)) {
      PlainModel plain = new PlainModel(checkpoint);
      ForwardPass pass = new ForwardPass(model.trunk(), model.localExperts());
      SequenceState sequence = model.trunk().newSequence(1);
      for (int t = 0; t < TOKENS; t++) {
        int token = (t * 37 + 5) % model.trunk().vocabulary();
        double[] expected = plain.next(token);
        float[] actual =
            pass.run(List.of(new StepSegment(sequence, new int[] {token}, true))).logits()[0];
        assertThat(actual).hasSize(expected.length);
        for (int i = 0; i < actual.length; i++) {
          assertThat((double) actual[i]).as("token " + t).isCloseTo(expected[i], within(1e-4));
        }
      }
    }
  }
}
