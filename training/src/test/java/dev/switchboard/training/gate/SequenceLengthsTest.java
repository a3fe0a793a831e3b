package dev.switchboard.training.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.training.data.LineHints;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SequenceLengthsTest {
  @Test
  void stepsTakeThemInTurn() {
    SequenceLengths lengths = new SequenceLengths(List.of(64, 8, 256));
    assertThat(IntStream.range(0, 5).map(lengths::of)).containsExactly(64, 8, 256, 64, 8);
  }

  @Test
  void aMicroBatchHasAsManyTokensWhateverTheirLength() {
    int[] tokens = IntStream.range(0, 2_000).map(i -> i % 60).toArray();
    List<GateBatch.Text> texts = List.of(GateBatch.Text.of(tokens, LineHints.none(60)));
    for (int length : new int[] {8, 64, 256}) {
      GateBatch batch = GateBatch.of(texts, length, 1, 0, 0);
      assertThat(batch.length()).isEqualTo(length);
      assertThat(batch.tokens()).isEqualTo(256);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {-8, 0, 4, 48, 512})
  void otherLengthsAreRefused(int length) {
    assertThatThrownBy(() -> new SequenceLengths(List.of(64, length)))
        .hasMessageContaining("sequences of " + length + " tokens");
  }

  @Test
  void noneIsRefused() {
    assertThatThrownBy(() -> new SequenceLengths(List.of())).hasMessageContaining("no lengths");
  }
}
