package dev.switchboard.router.gates;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.cluster.gates.GateChange.By;
import dev.switchboard.cluster.gates.GateRollout;
import dev.switchboard.cluster.settings.RouterSettings;
import dev.switchboard.model.RoutingTrace;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Decisions about versions, without a router. */
class GateGuardTest {
  private static final GatePair PAIR = new GatePair("new", "old");
  private static final Instant THEN = Instant.ofEpochSecond(1_700_000_000);
  private static final By ANNA = new By("anna", THEN, "");

  private final GateGuard guard = new GateGuard(RouterSettings.defaults().gateSwaps());

  private static GateComparison compared(int tokens, int experts, int othersOf) {
    GateComparison comparison = new GateComparison(1, 4);
    int[] chosen = new int[tokens];
    int[] others = new int[tokens];
    Arrays.setAll(chosen, i -> i % experts);
    Arrays.setAll(others, i -> i % othersOf);
    comparison.add(new RoutingTrace(tokens, 1, 1, chosen, new float[tokens]), others);
    return comparison;
  }

  private static GateBook.Found found(GateComparison comparison, GateLosses losses) {
    return new GateBook.Found(PAIR, comparison, comparison, losses.summary());
  }

  private Optional<String> judge(GateComparison comparison) {
    return guard.judge(found(comparison, new GateLosses()));
  }

  @Test
  void whatTakesAllToOneExpertIsTakenBackOnceEnoughIsSeen() {
    assertThat(judge(compared(200, 1, 4))).as("too few").isEmpty();
    assertThat(judge(compared(256, 1, 4)).orElseThrow())
        .contains("100.0 %", "under old 25.0 %", "256 tokens", "bound 30 points");
    assertThat(judge(compared(256, 4, 4))).isEmpty();
    assertThat(judge(compared(4096, 3, 4))).as("a little less even").isEmpty();
    assertThat(judge(compared(4096, 1, 1))).as("a text of one subject").isEmpty();
  }

  private Optional<String> judge(int texts, double rise, double spread) {
    Random random = new Random(7);
    GateLosses losses = new GateLosses();
    for (int i = 0; i < texts; i++) {
      double other = 60 * (1 + 3 * random.nextDouble());
      losses.add(95, other * (1 + rise + spread * random.nextGaussian()), other);
    }
    return guard.judge(found(new GateComparison(1, 4), losses));
  }

  @Test
  void whatForetellsWorseIsTakenBackWhenItIsNoChance() {
    assertThat(judge(3, 0.5, 0)).as("too few texts").isEmpty();
    assertThat(judge(8, 0.5, 0.05).orElseThrow()).contains("% more", "8 texts", "bound 10 %");
    assertThat(judge(8, 0.05, 0.01)).as("within the bound").isEmpty();
    assertThat(judge(8, -0.5, 0.01)).as("better").isEmpty();
    assertThat(judge(4, 0.15, 1.5)).as("perhaps chance").isEmpty();
  }

  @Test
  void tokensThatTheOtherWasNotAskedAboutAreLeftOut() {
    GateComparison comparison = new GateComparison(2, 4);
    int[] chosen = {0, 1, 2, 3, 0, -1, 2, -1};
    int[] others = {1, 0, 2, 0, -1, -1, -1, -1};
    comparison.add(new RoutingTrace(2, 2, 2, chosen, new float[8]), others);
    assertThat(comparison.tokens()).isEqualTo(1);
    assertThat(comparison.differing(0)).as("the same in another order").isZero();
    assertThat(comparison.differing(1)).isEqualTo(1);
    assertThat(comparison.differingTokens()).isEqualTo(1);
    assertThat(comparison.calls(1)).containsExactly(0, 0, 1, 1);
    assertThat(comparison.otherCalls(1)).containsExactly(1, 0, 1, 0);
  }

  @Test
  void aRolloutSaysWhoIsRoutedByWhatAndWhoIsJudged() {
    Duration probation = Duration.ofMinutes(10);
    GateRollout own = GateRollout.of("own");
    RolloutPlan quiet = RolloutPlan.of(own, probation, THEN);
    assertThat(quiet.version("a")).isEqualTo("own");
    assertThat(quiet.beside("own")).isEmpty();
    assertThat(quiet.probed()).isEmpty();

    RolloutPlan shadow = RolloutPlan.of(own.shadow("v1", ANNA), probation, THEN);
    assertThat(shadow.version("a")).isEqualTo("own");
    assertThat(shadow.beside("own")).contains("v1");
    assertThat(shadow.judged()).isEmpty();
    assertThat(shadow.probed()).contains(new GatePair("own", "v1"));

    RolloutPlan canary = RolloutPlan.of(own.canary("v1", 0.2, ANNA), probation, THEN);
    long routed = 0;
    for (int i = 0; i < 10_000; i++) {
      routed += canary.version("r-" + i).equals("v1") ? 1 : 0;
    }
    assertThat(routed).isBetween(1_850L, 2_150L);
    assertThat(canary.version("r-7")).isEqualTo(canary.version("r-7"));
    assertThat(canary.beside("v1")).contains("own");
    assertThat(canary.beside("own")).isEmpty();
    assertThat(canary.judged()).contains(new GatePair("v1", "own"));

    GateRollout promoted = own.promote("v1", ANNA);
    RolloutPlan watched = RolloutPlan.of(promoted, probation, THEN.plusSeconds(599));
    assertThat(watched.judged()).contains(new GatePair("v1", "own"));
    assertThat(watched.beside("v1")).contains("own");
    assertThat(RolloutPlan.of(promoted, probation, THEN.plusSeconds(601)).judged()).isEmpty();
    RolloutPlan back = RolloutPlan.of(promoted.rollback(ANNA), probation, THEN);
    assertThat(back.version("a")).isEqualTo("own");
    assertThat(back.judged()).isEmpty();
  }
}
