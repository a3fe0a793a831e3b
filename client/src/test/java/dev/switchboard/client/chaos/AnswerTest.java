package dev.switchboard.client.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class AnswerTest {
  private static final Answer RIGHT = new Answer(List.of(1, 2, 3), "abc");

  @Test
  void whatDiffersIsWrong() {
    assertThat(RIGHT.wrongTokens(new Answer(List.of(1, 2, 3), "abc"))).isZero();
    assertThat(new Answer(List.of(1, 9, 3), "axc").wrongTokens(RIGHT)).isEqualTo(1);
  }

  @Test
  void whatIsMissingOrTooMuchIsWrong() {
    assertThat(new Answer(List.of(1, 2), "ab").wrongTokens(RIGHT)).isEqualTo(1);
    assertThat(new Answer(List.of(1, 2, 3, 4, 5), "abcde").wrongTokens(RIGHT)).isEqualTo(2);
  }

  @Test
  void theSameTokensWithAnotherTextAreWrong() {
    assertThat(new Answer(List.of(1, 2, 3), "ab").wrongTokens(RIGHT)).isEqualTo(1);
  }
}
