package dev.switchboard.router.health;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class OutliersTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private final Outliers outliers = new Outliers();
  private long now = 5 * SECOND;

  OutliersTest() {
    outliers.keepOnly(Set.of(1, 2, 3, 4));
  }

  private void slow(int node, int times) {
    for (int i = 0; i < times; i++) {
      outliers.slow(node, now);
    }
  }

  @Test
  void threeAnswersThatAreGivenUpOnPutANodeOut() {
    slow(1, 2);
    assertThat(outliers.out(1, now)).isFalse();
    slow(1, 1);
    assertThat(outliers.out(1, now)).isTrue();
    assertThat(outliers.out(2, now)).isFalse();
    assertThat(outliers.ejections()).isEqualTo(1);
  }

  @Test
  void aTrialOfWhichNothingComesIsMadeAgain() {
    slow(1, 3);
    now += SECOND;
    outliers.sent(1, now);
    assertThat(outliers.out(1, now)).as("one batch tries it").isTrue();
    outliers.unjudged(1, now);
    assertThat(outliers.out(1, now)).isFalse();
    outliers.sent(1, now);
    outliers.answered(1);
    assertThat(outliers.ejected()).isZero();
    outliers.unjudged(1, now);
    assertThat(outliers.ejected()).isZero();
  }

  @Test
  void oneInTwentyIsForgiven() {
    for (int i = 0; i < 1000; i++) {
      if (i % 20 == 0) {
        outliers.slow(1, now);
      } else {
        outliers.answered(1);
      }
      assertThat(outliers.out(1, now)).isFalse();
    }
  }

  @Test
  void oneInFiveIsNot() {
    for (int i = 0; i < 40; i++) {
      if (i % 5 == 0) {
        outliers.slow(1, now);
      } else {
        outliers.answered(1);
      }
    }
    assertThat(outliers.ejections()).isEqualTo(1);
  }

  @Test
  void afterASecondOneBatchTriesItAndItsAnswerLetsItIn() {
    slow(1, 3);
    now += SECOND;
    assertThat(outliers.out(1, now)).as("it may be tried").isFalse();
    outliers.sent(1, now);
    assertThat(outliers.out(1, now)).as("with one batch").isTrue();
    outliers.answered(1);
    assertThat(outliers.out(1, now)).isFalse();
    slow(1, 1);
    assertThat(outliers.out(1, now)).as("it is not trusted yet").isTrue();
  }

  @Test
  void eachTrialThatFailsDoublesTheTimeUpToABound() {
    slow(1, 3);
    long out = SECOND;
    for (int trial = 0; trial < 8; trial++) {
      now += out - 1;
      assertThat(outliers.out(1, now)).isTrue();
      now += 1;
      assertThat(outliers.out(1, now)).isFalse();
      outliers.sent(1, now);
      outliers.slow(1, now);
      out = Math.min(2 * out, 30 * SECOND);
    }
  }

  @Test
  void neverMoreThanHalfOfTheNodesAreOut() {
    for (int node = 1; node <= 4; node++) {
      slow(node, 10);
    }
    assertThat(outliers.ejected()).isEqualTo(2);
    outliers.keepOnly(Set.of(3));
    slow(3, 10);
    assertThat(outliers.out(3, now)).as("the only one").isFalse();
  }

  @Test
  void aNodeThatLeftIsForgotten() {
    slow(1, 3);
    outliers.keepOnly(Set.of(2, 3, 4));
    outliers.keepOnly(Set.of(1, 2, 3, 4));
    assertThat(outliers.out(1, now)).isFalse();
  }
}
