package dev.switchboard.model.moe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.switchboard.model.architecture.RoutingRule;
import dev.switchboard.model.architecture.RoutingRule.GroupScore;
import dev.switchboard.model.architecture.RoutingRule.Groups;
import dev.switchboard.model.architecture.RoutingRule.Scoring;
import dev.switchboard.model.kernel.Noise;
import dev.switchboard.model.kernel.PackedMatrix;
import dev.switchboard.model.kernel.Scratch;
import dev.switchboard.model.layer.Linear;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ExpertMaskTest {
  private static final int EXPERTS = 19;

  private static Routing choose(
      RoutingRule rule, ExpertMask mask, float[] correction, float[] logits) {
    int k = rule.topK();
    Routing routing = new Routing(1, k, new int[k], new float[k]);
    new Choice(rule, logits.length, correction)
        .choose(logits.clone(), 0, mask, routing.experts(), routing.weights(), 0, new Scratch());
    return routing;
  }

  @Test
  void everyRuleChoosesAsIfTheOthersWereNotThere() {
    List<Integer> masked = List.of(0, 4, 7, 11, 18);
    int[] open = IntStream.range(0, EXPERTS).filter(e -> !masked.contains(e)).toArray();
    for (Scoring scoring : Scoring.values()) {
      for (boolean renormalise : new boolean[] {true, false}) {
        RoutingRule rule = RoutingRule.of(4, scoring, renormalise);
        float[] logits = new Noise(5).floats(EXPERTS, 1f);
        logits[7] = 9;
        float[] left = new float[open.length];
        for (int i = 0; i < open.length; i++) {
          left[i] = logits[open[i]];
        }
        Routing found = choose(rule, ExpertMask.of(masked), new float[0], logits);
        Routing alone = choose(rule, ExpertMask.NONE, new float[0], left);
        for (int rank = 0; rank < 4; rank++) {
          assertThat(found.expert(0, rank)).isEqualTo(open[alone.expert(0, rank)]);
          assertThat(found.weight(0, rank)).isCloseTo(alone.weight(0, rank), within(1e-6f));
        }
      }
    }
  }

  @Test
  void aCorrectionDoesNotBringItBack() {
    RoutingRule rule = RoutingRule.of(2, Scoring.SIGMOID, true);
    float[] correction = {0, 0, 99, 0};
    Routing found =
        choose(rule, ExpertMask.of(List.of(2)), correction, new float[] {-50, 1, 5, -60});
    assertThat(found.experts()).containsExactly(1, 0);
  }

  @Test
  void groupsAreRankedByWhatIsLeftOfThem() {
    Groups groups = new Groups(3, 1, GroupScore.SUM_OF_TWO_BEST);
    RoutingRule rule = new RoutingRule(2, Scoring.SIGMOID, true, 1f, Optional.of(groups));
    ExpertMask mask = ExpertMask.of(List.of(0, 3));
    float[] logits = {9, 1, 1, 9, 2, -9, 0, 0, 0};
    assertThat(choose(rule, mask, new float[0], logits).experts()).containsExactly(1, 2);
    mask.check(rule, 9);
    assertThatThrownBy(() ->
            ExpertMask.of(List.of(0, 1, 3, 4, 7))
                .check(new RoutingRule(3, Scoring.SIGMOID, true, 1f, Optional.of(groups)), 9))
        .hasMessage(
            "without experts 0,1,3,4,7 4 of 9 are left, 2 of them surely, and each token wakes 3");
  }

  @Test
  void aMaskThatLeavesTooFewIsRefused() {
    RoutingRule rule = RoutingRule.of(2, Scoring.SOFTMAX_OF_CHOSEN, true);
    ExpertMask.of(List.of(0, 2)).check(rule, 4);
    assertThatThrownBy(() -> ExpertMask.of(List.of(0, 2, 3)).check(rule, 4))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("without experts 0,2,3 1 of 4 are left, and each token wakes 2");
    assertThatThrownBy(() -> ExpertMask.of(List.of(-1))).hasMessageContaining("-1");
  }

  @Test
  void segmentsHaveMasksOfTheirOwn() {
    Scratch scratch = new Scratch();
    RoutingRule rule = RoutingRule.of(2, Scoring.SOFTMAX_OF_ALL, true);
    float[] logits = new Noise(6).floats(6 * EXPERTS, 1f);
    Gate gate =
        new Gate(
            new Linear(PackedMatrix.ofFloats(EXPERTS, 8, new float[EXPERTS * 8])),
            OptionalDouble.empty(),
            new float[0],
            rule);
    Routing usual = gate.choose(logits.clone(), 6, scratch);
    ExpertMask mask = ExpertMask.of(List.of(usual.expert(3, 0)));
    Routing mixed =
        gate.choose(
            logits.clone(),
            new int[] {0, 2, 4, 6},
            List.of(ExpertMask.NONE, mask, ExpertMask.NONE),
            scratch);
    for (int row : new int[] {0, 1, 4, 5}) {
      for (int rank = 0; rank < 2; rank++) {
        assertThat(mixed.expert(row, rank)).isEqualTo(usual.expert(row, rank));
        assertThat(mixed.weight(row, rank)).isEqualTo(usual.weight(row, rank));
      }
    }
    assertThat(mixed.expert(3, 0)).isEqualTo(usual.expert(3, 1));
  }

  @Test
  void namesItselfAlike() {
    ExpertMask mask = ExpertMask.of(List.of(5, 3)).and(ExpertMask.of(List.of(3, 64)));
    assertThat(mask).hasToString("3,5,64").isEqualTo(ExpertMask.of(List.of(64, 5, 3)));
    assertThat(mask.experts()).containsExactly(3, 5, 64);
    assertThat(ExpertMask.of(List.of())).isSameAs(ExpertMask.NONE);
  }
}
