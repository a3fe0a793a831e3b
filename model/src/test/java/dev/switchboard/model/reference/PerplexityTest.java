package dev.switchboard.model.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.switchboard.model.ForwardPass;
import dev.switchboard.model.Model;
import dev.switchboard.model.SequenceState;
import dev.switchboard.model.StepSegment;
import dev.switchboard.model.StepSegment.Logits;
import dev.switchboard.model.crew.Crew;
import dev.switchboard.model.moe.LocalExperts;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class PerplexityTest {
  private static final Path FILE = Path.of("src/test/resources/golden/gguf-tiny/olmoe.gguf");
  private static final int WINDOW = 150;

  /** Two windows and a rest that fills none. */
  private static int[] ids(int vocabulary) {
    return new SplittableRandom(4).ints(2 * WINDOW + 7, 3, vocabulary).toArray();
  }

  /** The definition, in doubles: every position's logits at once. */
  private static double nats(Model model, int[] ids, int at, OptionalInt first) {
    int[] window = Arrays.copyOfRange(ids, at, at + WINDOW);
    first.ifPresent(token -> window[0] = token);
    int vocabulary = model.plan().vocabulary();
    double sum = 0;
    try (LocalExperts experts = model.localExperts();
        SequenceState sequence = model.trunk().newSequence(1, WINDOW)) {
      ForwardPass pass = new ForwardPass(model.trunk(), experts);
      float[] logits = pass.run(List.of(new StepSegment(sequence, window, Logits.ALL))).logits()[0];
      for (int position = WINDOW / 2; position < WINDOW - 1; position++) {
        double total = 0;
        for (int token = 0; token < vocabulary; token++) {
          total += Math.exp(logits[position * vocabulary + token]);
        }
        sum += Math.log(total) - logits[position * vocabulary + window[position + 1]];
      }
    }
    return sum;
  }

  @Test
  void theSecondHalfOfEachWindowIsScored() {
    try (Model model = Model.open(FILE)) {
      int[] ids = ids(model.plan().vocabulary());
      for (OptionalInt first : List.of(OptionalInt.empty(), OptionalInt.of(2))) {
        List<Perplexity.Score> told = new ArrayList<>();
        Perplexity.Score score =
            Perplexity.of(
                model, ids, new Perplexity.Settings(WINDOW, first), Crew.ALONE, told::add);
        double nats = nats(model, ids, 0, first) + nats(model, ids, WINDOW, first);
        assertThat(score.windows()).isEqualTo(2);
        assertThat(score.tokens()).isEqualTo(2 * (WINDOW / 2 - 1));
        assertThat(score.nats()).isEqualTo(nats, within(1e-4 * nats));
        assertThat(score.perplexity()).isEqualTo(Math.exp(score.nats() / score.tokens()));
        assertThat(told).hasSize(2).last().isEqualTo(score);
      }
    }
  }

  @Test
  void tooLittleTextAndTooSmallWindowsAreRefused() {
    try (Model model = Model.open(FILE)) {
      Perplexity.Settings settings = new Perplexity.Settings(WINDOW, OptionalInt.empty());
      int[] few = Arrays.copyOf(ids(model.plan().vocabulary()), 2 * WINDOW - 1);
      assertThatThrownBy(() -> Perplexity.of(model, few, settings, Crew.ALONE, score -> {}))
          .hasMessageContaining("299 tokens; at least two windows of 150");
    }
    assertThatThrownBy(() -> new Perplexity.Settings(3, OptionalInt.empty()))
        .hasMessageContaining("window of 3");
  }
}
