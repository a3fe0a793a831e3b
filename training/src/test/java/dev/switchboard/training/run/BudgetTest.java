package dev.switchboard.training.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.switchboard.training.optim.Schedule;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class BudgetTest {
  private static final Instant START = Instant.parse("2026-01-31T12:00:00Z");

  @Test
  void stepsAndMinutesAreUsedInProportion() {
    assertThat(new Budget(10, 0).used(0, 3, 999, 1, START)).isEqualTo(0.3);
    assertThat(new Budget(0, 2).used(0, 3, 30, 1, START)).isEqualTo(0.25);
    assertThat(new Budget(0, 2).used(0, 3, 500, 1, START)).isEqualTo(1);
    assertThat(new Budget(0, 2).secondsLeft(0.25, 30, START)).contains(90.0);
  }

  @Test
  void towardsATimeOfDayWhatIsLeftShrinksEvenlyAndEndsThere() {
    Budget budget = new Budget(0, 0, START.plusSeconds(100));
    double used = 0;
    for (int second = 1; second < 100; second++) {
      used = budget.used(used, second, second, 1, START.plusSeconds(second));
      assertThat(used).isCloseTo(second / 100.0, within(1e-9));
    }
    assertThat(budget.used(used, 100, 100, 1, START.plusSeconds(100))).isEqualTo(1);
  }

  @Test
  void aRunThatWasAwayStillEndsInTime() {
    Budget budget = new Budget(0, 0, START.plusSeconds(100));
    double used = budget.used(0.2, 1, 20, 10, START.plusSeconds(80)); // away from 20 to 70
    assertThat(used).isCloseTo(0.2 + 0.8 * 10 / 30, within(1e-9));
    assertThat(budget.secondsLeft(used, 30, START.plusSeconds(80))).contains(20.0);
  }

  @Test
  void contradictionsAreRefused() {
    assertThatThrownBy(() -> new Budget(5, 0, START)).hasMessageContaining("5 steps and until");
    assertThatThrownBy(() -> new Budget(0, Double.NaN)).hasMessageContaining("NaN minutes");
  }

  @Test
  void theRateWarmsUpStaysAndFallsToItsFloor() {
    assertThat(Schedule.factor(0, 0.5)).isEqualTo(0.02);
    assertThat(Schedule.factor(0.01, 0.5)).isEqualTo(0.5);
    assertThat(Schedule.factor(0.5, 0.5)).isEqualTo(1);
    assertThat(Schedule.factor(0.75, 0.5)).isCloseTo(0.51, within(1e-9));
    assertThat(Schedule.factor(1, 0.5)).isCloseTo(0.02, within(1e-9));
    assertThat(Schedule.factor(1, 1)).isEqualTo(1);
  }
}
