package dev.switchboard.router.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.router.engine.Ending.Kind;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class WaitsTest {
  private static final long SECOND = 1_000_000_000L;
  private static final Duration ANY = Duration.ofDays(1);

  private final Waits waits = new Waits();

  private void began(int count, long firstSecond, long everySeconds) {
    for (int i = 0; i < count; i++) {
      waits.began((firstSecond + i * everySeconds) * SECOND);
    }
  }

  private static Ticket ticket(long deadlineSeconds) {
    return new Ticket(1, "ann", 1, 1, 1, deadlineSeconds * SECOND);
  }

  @Test
  void nothingIsKnownOfAFew() {
    began(15, 0, 10);
    assertThat(waits.expected(1000, 150 * SECOND)).isEmpty();
    assertThat(waits.tooLong(ticket(151), 1000, 150 * SECOND, ANY)).isNull();
  }

  @Test
  void whoeverIsBehindOthersWaitsForEachOfThemAndForItsOwnTurn() {
    began(20, 0, 2);
    assertThat(waits.expected(0, 40 * SECOND)).hasValue(2 * SECOND);
    assertThat(waits.expected(9, 40 * SECOND)).hasValue(20 * SECOND);
  }

  @Test
  void timeInWhichNobodyBeganCounts() {
    began(20, 0, 2);
    assertThat(waits.expected(0, 200 * SECOND)).hasValue(10 * SECOND);
  }

  @Test
  void burstsCountByTheirMean() {
    for (int burst = 0; burst < 4; burst++) {
      began(64, 60L * burst, 0);
    }
    assertThat(waits.expected(63, 240 * SECOND)).hasValue(60 * SECOND);
  }

  @Test
  void onlyTheDeadlineAndTheBoundRefuse() {
    began(20, 0, 2);
    long now = 40 * SECOND;
    assertThat(waits.tooLong(ticket(61), 9, now, ANY)).isNull();
    Ending late = waits.tooLong(ticket(59), 9, now, ANY);
    assertThat(late)
        .isEqualTo(
            new Ending(
                Kind.REJECTED,
                "the router is busy: 9 requests begin before this one, which would wait about 20000 ms; its deadline is in 19000 ms"));
    Ticket patient = new Ticket(1, "ann", 1, 1, 1, Ticket.NO_DEADLINE);
    assertThat(waits.tooLong(patient, 9, now, Duration.ofSeconds(20))).isNull();
    assertThat(waits.tooLong(patient, 9, now, Duration.ofSeconds(19)))
        .extracting(Ending::message)
        .asString()
        .endsWith("at most 19000 ms are waited (router.maxWait)");
  }

  @Test
  void anEmptyQueueBeginsAnew() {
    began(20, 0, 2);
    waits.nobodyWaits();
    assertThat(waits.expected(9, 40 * SECOND)).isEmpty();
  }
}
