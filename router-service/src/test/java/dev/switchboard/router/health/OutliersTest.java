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
    assertThat(outliers.out(1)).isFalse();
    slow(1, 1);
    assertThat(outliers.out(1)).isTrue();
    assertThat(outliers.out(2)).isFalse();
    assertThat(outliers.ejections()).isEqualTo(1);
  }

  private void tried(int node, boolean inTime) {
    assertThat(outliers.toTry(now)).contains(node);
    outliers.trial(node);
    assertThat(outliers.toTry(now)).as("one copy at a time").doesNotContain(node);
    outliers.trialOver(node, inTime, now);
  }

  @Test
  void oneInTwentyIsForgiven() {
    for (int i = 0; i < 1000; i++) {
      if (i % 20 == 0) {
        outliers.slow(1, now);
      } else {
        outliers.answered(1, now);
      }
      assertThat(outliers.out(1)).isFalse();
    }
  }

  @Test
  void oneInFiveIsNot() {
    for (int i = 0; i < 40; i++) {
      if (i % 5 == 0) {
        outliers.slow(1, now);
      } else {
        outliers.answered(1, now);
      }
    }
    assertThat(outliers.ejections()).isEqualTo(1);
  }

  @Test
  void afterASecondItIsTriedAndThreeGoodAnswersLetItIn() {
    slow(1, 3);
    assertThat(outliers.toTry(now)).isEmpty();
    now += SECOND;
    tried(1, true);
    tried(1, true);
    assertThat(outliers.out(1)).isTrue();
    tried(1, true);
    assertThat(outliers.out(1)).isFalse();
    assertThat(outliers.toTry(now)).isEmpty();
    slow(1, 1);
    assertThat(outliers.out(1)).as("it is not trusted yet").isTrue();
  }

  @Test
  void aTrialOfWhichNothingIsLearntIsMadeAgain() {
    slow(1, 3);
    now += SECOND;
    tried(1, true);
    tried(1, false);
    assertThat(outliers.toTry(now)).containsExactly(1);
  }

  @Test
  void eachTrialThatIsLateDoublesTheTimeUpToABound() {
    slow(1, 3);
    long out = SECOND;
    for (int trial = 0; trial < 8; trial++) {
      now += out - 1;
      assertThat(outliers.toTry(now)).isEmpty();
      now += 1;
      outliers.trial(1);
      outliers.slow(1, now);
      outliers.trialOver(1, false, now);
      out = Math.min(2 * out, 30 * SECOND);
    }
  }

  @Test
  void whatCannotBeCopiedIsAskedAgainWhenItsTimeIsOver() {
    slow(1, 3);
    assertThat(outliers.resting(1, now)).isTrue();
    now += SECOND;
    assertThat(outliers.resting(1, now)).isFalse();
    assertThat(outliers.out(1)).isTrue();
    slow(1, 1);
    assertThat(outliers.resting(1, now)).as("it was no better").isTrue();
    now += 2 * SECOND;
    for (int i = 0; i < 3; i++) {
      outliers.answered(1, now);
    }
    assertThat(outliers.out(1)).isFalse();
  }

  @Test
  void theLastReplicaIsAskedInSpiteOfAllAndShowsWithThatThatItIsWell() {
    slow(1, 3);
    outliers.answered(1, now);
    now += SECOND;
    for (int i = 0; i < 3; i++) {
      assertThat(outliers.out(1)).isTrue();
      outliers.answered(1, now);
    }
    assertThat(outliers.out(1)).isFalse();
  }

  @Test
  void aNewcomerIsTriedBeforeItIsAsked() {
    outliers.keepOnly(Set.of(1, 2, 3, 4, 5));
    assertThat(outliers.out(5)).isTrue();
    assertThat(outliers.resting(5, now)).as("what cannot be copied may be asked of it").isFalse();
    assertThat(outliers.ejected()).as("it is new, not out").isZero();
    for (int i = 0; i < 16; i++) {
      assertThat(outliers.out(5)).isTrue();
      tried(5, true);
    }
    assertThat(outliers.out(5)).isFalse();
    slow(5, 2);
    assertThat(outliers.out(5)).as("it is a node like others").isFalse();
  }

  @Test
  void aNewcomerThatStaysSlowIsSometimeANodeLikeOthers() {
    outliers.keepOnly(Set.of(1, 2, 3, 4, 5));
    for (int i = 0; i < 64; i++) {
      assertThat(outliers.out(5)).isTrue();
      outliers.trial(5);
      outliers.slow(5, now);
      outliers.trialOver(5, false, now);
    }
    assertThat(outliers.out(5)).isFalse();
    assertThat(outliers.ejections()).isZero();
  }

  @Test
  void whereNobodyWasBeforeAllAreAsGoodAsAny() {
    outliers.keepOnly(Set.of());
    outliers.keepOnly(Set.of(6, 7));
    assertThat(outliers.out(6)).isFalse();
    assertThat(outliers.out(7)).isFalse();
    assertThat(outliers.toTry(now)).isEmpty();
  }

  @Test
  void neverMoreThanHalfOfTheNodesAreOut() {
    for (int node = 1; node <= 4; node++) {
      slow(node, 10);
    }
    assertThat(outliers.ejected()).isEqualTo(2);
    outliers.keepOnly(Set.of(3));
    slow(3, 10);
    assertThat(outliers.out(3)).as("the only one").isFalse();
  }

  @Test
  void aNodeThatLeftIsForgotten() {
    slow(1, 3);
    outliers.keepOnly(Set.of(2, 3, 4));
    assertThat(outliers.ejected()).isZero();
    outliers.keepOnly(Set.of(1, 2, 3, 4));
    assertThat(outliers.toTry(now)).as("whoever comes is new").containsExactly(1);
  }
}
