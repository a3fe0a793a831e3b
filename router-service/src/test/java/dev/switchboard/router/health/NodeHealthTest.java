package dev.switchboard.router.health;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class NodeHealthTest {
  private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);

  private final NodeHealth health =
      new NodeHealth(new NodeHealth.Limits(Duration.ofMillis(40), 5, 20, Duration.ofSeconds(1)));
  private long now;

  NodeHealthTest() {
    health.present(Set.of(1, 2, 3));
  }

  private void answers(int node, int times, long nanosPerRow) {
    for (int i = 0; i < times; i++) {
      now += MILLI;
      health.answered(node, 4, nanosPerRow * (4 + AnswerTimes.ROWS_OF_BATCH), false, now);
    }
  }

  @Test
  void aSecondNodeIsAskedAfterWhatIsUsualOrTheLeastTime() {
    assertThat(health.hedgeAfterNanos(4)).as("nothing is known").isEqualTo(160 * MILLI);
    answers(1, 32, 10_000);
    assertThat(health.hedgeAfterNanos(4)).isEqualTo(40 * MILLI);
    answers(1, 64, MILLI);
    assertThat(health.hedgeAfterNanos(84)).isEqualTo(100 * MILLI);
  }

  @Test
  void aSlowNodeDoesNotMakeSlowAnswersUsual() {
    answers(1, 64, MILLI);
    answers(2, 64, MILLI);
    answers(3, 64, 50 * MILLI);
    assertThat(health.hedgeAfterNanos(84)).isEqualTo(100 * MILLI);
  }

  @Test
  void rowsOfASlowNodeWeighMoreUntilThatIsOld() {
    answers(1, 32, 10_000);
    answers(2, 32, 40_000);
    assertThat(health.load(1, 10, now)).isEqualTo(10);
    assertThat(health.load(2, 10, now)).isEqualTo(44);
    assertThat(health.load(3, 10, now)).as("unknown").isEqualTo(10);
    assertThat(health.load(2, 10, now + TimeUnit.SECONDS.toNanos(3))).isEqualTo(10);
  }

  @Test
  void smallDifferencesAreNoise() {
    answers(1, 32, 10_000);
    answers(2, 32, 14_000);
    assertThat(health.load(2, 10, now)).isEqualTo(10);
  }

  @Test
  void hedgesAreOneInTwentyAfterTheReserve() {
    int first = 0;
    while (health.mayHedge()) {
      first++;
    }
    assertThat(first).isEqualTo(32);
    int more = 0;
    for (int i = 0; i < 1000; i++) {
      health.sent(true);
      more += health.mayHedge() ? 1 : 0;
    }
    assertThat(more).isBetween(48, 51);
    assertThat(health.counts().hedged()).isEqualTo(first + more);
    assertThat(health.counts().unhedged()).isEqualTo(1001 - more);
  }

  @Test
  void repeatsAreBoundedForTheWholeRouter() {
    int repeats = 0;
    for (int i = 0; i < 10_000; i++) {
      health.sent(true);
      repeats += health.mayRetry() ? 1 : 0;
    }
    assertThat(repeats).isBetween(2_200, 2_300);
  }

  @Test
  void withoutAPercentageNobodyElseIsAsked() {
    NodeHealth never =
        new NodeHealth(new NodeHealth.Limits(Duration.ofMillis(40), 0, 0, Duration.ofSeconds(1)));
    assertThat(never.hedgeAfterNanos(4)).isEqualTo(Long.MAX_VALUE);
    assertThat(never.mayHedge()).isFalse();
    assertThat(never.mayRetry()).as("no bound").isTrue();
  }
}
