package dev.switchboard.node.weights;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.node.weights.SourceChoice.Step;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class SourceChoiceTest {
  private static final WeightSource A = new WeightSource("a", "h", 1);
  private static final WeightSource B = new WeightSource("b", "h", 2);

  private final SourceChoice choice = new SourceChoice(Duration.ofMillis(100), 3);

  @Test
  void theFirstIsAskedUntilItFailsThenTheNext() {
    assertThat(choice.next(List.of(A, B))).isEqualTo(new Step.Ask(A));
    assertThat(choice.next(List.of(A, B))).isEqualTo(new Step.Ask(A));
    choice.failed(A, "broke");
    assertThat(choice.next(List.of(A, B))).isEqualTo(new Step.Ask(B));
  }

  @Test
  void afterARoundOfFailuresItWaitsTwiceAsLongAndAsksAgain() {
    for (long pause : new long[] {100, 200, 400}) {
      assertThat(choice.next(List.of(A))).isEqualTo(new Step.Ask(A));
      choice.failed(A, "broke");
      assertThat(choice.next(List.of(A))).isEqualTo(new Step.Wait(Duration.ofMillis(pause)));
    }
    choice.failed(A, "broke for good");
    assertThat(choice.next(List.of(A))).isEqualTo(new Step.GiveUp("a at h:1: broke for good"));
  }

  @Test
  void bytesMakeItPatientAgain() {
    choice.failed(A, "broke");
    choice.next(List.of(A));
    choice.progressed();
    choice.failed(A, "broke");
    assertThat(choice.next(List.of(A))).isEqualTo(new Step.Wait(Duration.ofMillis(100)));
  }

  @Test
  void whoServesAnotherModelIsNotAskedAgain() {
    choice.refused(A, "another model");
    assertThat(choice.next(List.of(A, B))).isEqualTo(new Step.Ask(B));
    choice.failed(B, "broke");
    assertThat(choice.next(List.of(A, B))).isInstanceOf(Step.Wait.class);
    assertThat(choice.next(List.of(A, B))).isEqualTo(new Step.Ask(B));
  }

  @Test
  void whoComesLaterIsAsked() {
    assertThat(choice.next(List.of())).isEqualTo(new Step.Wait(Duration.ofMillis(100)));
    assertThat(choice.next(List.of(B))).isEqualTo(new Step.Ask(B));
  }

  @Test
  void withoutAnybodyItGivesUpInTheEnd() {
    for (int i = 0; i < 3; i++) {
      assertThat(choice.next(List.of())).isInstanceOf(Step.Wait.class);
    }
    assertThat(choice.next(List.of())).isEqualTo(new Step.GiveUp("no process gives weights away"));
  }
}
