package dev.switchboard.cluster.window;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class LoadWindowTest {
  private final LoadWindow window = new LoadWindow(8);

  @Test
  void whatWasCountedBeforeTheFirstLookIsNotLately() {
    look(0, Map.of("r", counts(100, 200)));
    assertThat(window.lately()).isEmpty();
    look(1, Map.of("r", counts(101, 205)));
    assertThat(window.lately()).containsExactly(1, 5);
  }

  @Test
  void aRouterThatDiesTakesNothingAlongAndHidesNothingOfOthers() {
    look(0, Map.of("r", counts(0, 0), "s", counts(1000, 1000)));
    look(1, Map.of("r", counts(10, 0), "s", counts(1007, 1000)));
    look(2, Map.of("r", counts(10, 20)));
    assertThat(window.lately()).containsExactly(17, 20);
  }

  @Test
  void aRouterThatIsNewCountsFromThenOn() {
    look(0, Map.of("r", counts(1, 1)));
    look(1, Map.of("r", counts(2, 1), "s", counts(5000, 0)));
    look(2, Map.of("r", counts(2, 1), "s", counts(5003, 0)));
    assertThat(window.lately()).containsExactly(4, 0);
  }

  @Test
  void whatIsLongAgoIsForgottenUnlessThereIsNothingElse() {
    look(0, Map.of("r", counts(0, 0)));
    look(1, Map.of("r", counts(50, 0)));
    for (int now = 2; now < 40; now++) {
      look(now, Map.of("r", counts(50, 0)));
    }
    assertThat(window.lately()).containsExactly(50, 0);
    look(40, Map.of("r", counts(50, 3)));
    assertThat(window.lately()).containsExactly(0, 3);
  }

  @Test
  void anItemMoreIsCountedBehindTheOthers() {
    look(0, Map.of("r", counts(1, 1)));
    look(1, Map.of("r", new long[] {2, 1, 4}));
    assertThat(window.lately()).containsExactly(1, 0, 4);
  }

  private void look(long nowNanos, Map<String, long[]> totals) {
    window.look(nowNanos, totals);
  }

  private static long[] counts(long first, long second) {
    return new long[] {first, second};
  }
}
