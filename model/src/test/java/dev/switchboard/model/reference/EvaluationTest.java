package dev.switchboard.model.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.switchboard.model.Model;
import dev.switchboard.model.crew.Crew;
import dev.switchboard.model.reference.Evaluation.Score;
import dev.switchboard.model.reference.Evaluation.Settings;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class EvaluationTest {
  private static final Path FILE = Path.of("src/test/resources/golden/gguf-tiny/olmoe.gguf");

  private static Score score(Model model, int[] ids, int window, OptionalInt start) {
    try (Evaluation evaluation = new Evaluation(model, new Settings(window, start), Crew.ALONE)) {
      return evaluation.of(ids, 3L * ids.length, read -> {});
    }
  }

  @Test
  void everyTokenIsScoredOnceWhateverTheWindow() {
    try (Model model = Model.open(FILE)) {
      int[] ids = new SplittableRandom(4).ints(200, 3, model.plan().vocabulary()).toArray();
      Score whole = score(model, ids, 1000, OptionalInt.of(2));
      assertThat(whole.tokens()).isEqualTo(200);
      assertThat(whole.windows()).isEqualTo(1);
      assertThat(whole.firstTokens()).isEqualTo(64);
      assertThat(whole.firstNats()).isBetween(0.0, whole.nats());
      assertThat(whole.bitsPerByte()).isEqualTo(whole.nats() / Math.log(2) / 600, within(1e-12));

      Score cut = score(model, ids, 90, OptionalInt.of(2));
      Score parts = Score.NOTHING;
      for (int at = 0; at < 200; at += 90) {
        int[] part = Arrays.copyOfRange(ids, at, Math.min(200, at + 90));
        parts = parts.plus(score(model, part, 1000, OptionalInt.of(2)));
      }
      assertThat(cut).isEqualTo(parts);
      assertThat(cut.windows()).isEqualTo(3);
    }
  }

  @Test
  void withoutAStartTheFirstTokenCostsAsMuchAsAny() {
    try (Model model = Model.open(FILE)) {
      int[] ids = {5, 9, 7};
      Score started = score(model, new int[] {9, 7}, 10, OptionalInt.of(5));
      Score bare = score(model, ids, 10, OptionalInt.empty());
      double blind = Math.log(model.plan().vocabulary());
      assertThat(bare.nats()).isEqualTo(started.nats() + blind, within(1e-9));
      assertThat(score(model, new int[] {5}, 10, OptionalInt.empty()).nats()).isEqualTo(blind);
    }
    assertThatThrownBy(() -> new Settings(1, OptionalInt.empty())).hasMessageContaining("of 1 tok");
  }
}
