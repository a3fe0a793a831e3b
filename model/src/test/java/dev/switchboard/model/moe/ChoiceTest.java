package dev.switchboard.model.moe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.switchboard.model.architecture.RoutingRule;
import dev.switchboard.model.architecture.RoutingRule.GroupScore;
import dev.switchboard.model.architecture.RoutingRule.Groups;
import dev.switchboard.model.architecture.RoutingRule.Scoring;
import dev.switchboard.model.kernel.Noise;
import dev.switchboard.model.kernel.Scratch;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Groups, corrections and scales; the plain rules are in {@link GateTest}. */
class ChoiceTest {
  private static final float[] NONE = {};

  private static Routing choose(RoutingRule rule, float[] correction, float... logits) {
    int k = rule.topK();
    Routing routing = new Routing(1, k, new int[k], new float[k]);
    new Choice(rule, logits.length, correction)
        .choose(logits, 0, routing.experts(), routing.weights(), 0, new Scratch());
    return routing;
  }

  private static RoutingRule rule(int topK, Scoring scoring, int groups, int kept, GroupScore by) {
    return new RoutingRule(topK, scoring, false, 1f, Optional.of(new Groups(groups, kept, by)));
  }

  @Test
  void aGroupIsAsGoodAsItsBest() {
    RoutingRule best = rule(2, Scoring.SOFTMAX_OF_ALL, 3, 1, GroupScore.BEST);
    assertThat(choose(best, NONE, 3, 3, 5, 0, 4, 4).experts()).containsExactly(2, 3);
  }

  @Test
  void orAsTheSumOfItsTwoBest() {
    RoutingRule sum = rule(2, Scoring.SIGMOID, 3, 1, GroupScore.SUM_OF_TWO_BEST);
    assertThat(choose(sum, NONE, 0, -9, 2, -9, 1, 1).experts()).containsExactly(4, 5);
    RoutingRule two = rule(3, Scoring.SIGMOID, 3, 2, GroupScore.SUM_OF_TWO_BEST);
    assertThat(choose(two, NONE, 0, -9, 2, -9, 1, 1).experts()).containsExactly(2, 4, 5);
  }

  @Test
  void tiesOfGroupsGoToTheLowerIndex() {
    RoutingRule best = rule(2, Scoring.SOFTMAX_OF_ALL, 2, 1, GroupScore.BEST);
    assertThat(choose(best, NONE, 1, 0, 1, 0).experts()).containsExactly(0, 1);
  }

  @Test
  void aCorrectionChoosesButDoesNotWeigh() {
    RoutingRule rule = RoutingRule.of(2, Scoring.SIGMOID, false);
    Routing routing = choose(rule, new float[] {0, 0, 9, -9}, 1, 0, -1, 2);
    assertThat(routing.experts()).containsExactly(2, 0);
    assertThat(routing.weights()[0]).isCloseTo((float) (1 / (1 + Math.E)), within(1e-6f));
    assertThat(routing.weights()[1]).isCloseTo((float) (Math.E / (1 + Math.E)), within(1e-6f));
  }

  @Test
  void aCorrectionCountsForGroupsToo() {
    RoutingRule sum = rule(1, Scoring.SIGMOID, 2, 1, GroupScore.SUM_OF_TWO_BEST);
    assertThat(choose(sum, new float[] {0, 0, 0, 3}, 5, 5, 0, -9).experts()).containsExactly(3);
  }

  @Test
  void weightsAreScaledLast() {
    RoutingRule rule = new RoutingRule(2, Scoring.SIGMOID, true, 2.5f, Optional.empty());
    float[] weights = choose(rule, NONE, 0, 0, -99).weights();
    assertThat(weights[0]).isEqualTo(1.25f);
    assertThat(weights[1]).isEqualTo(1.25f);
  }

  @Test
  void sigmoidsThatAreAllZeroDoNotDivideByZero() {
    RoutingRule rule = RoutingRule.of(2, Scoring.SIGMOID, true);
    assertThat(choose(rule, NONE, -200, -200, -200).weights()).containsExactly(0f, 0f);
  }

  @Test
  void equalsASortOfAll() {
    Noise noise = new Noise(3);
    for (int experts : new int[] {1, 2, 7, 64, 200}) {
      for (int k : new int[] {1, 2, 6, 8}) {
        if (k <= experts) {
          // A coarse grid: many ties.
          float[] logits = noise.floats(experts, 4);
          for (int i = 0; i < experts; i++) {
            logits[i] = Math.round(logits[i]);
          }
          int[] sorted =
              IntStream.range(0, experts)
                  .boxed()
                  .sorted(Comparator.comparingDouble(e -> -logits[e]))
                  .mapToInt(e -> e)
                  .limit(k)
                  .toArray();
          RoutingRule rule = RoutingRule.of(k, Scoring.SOFTMAX_OF_CHOSEN, false);
          assertThat(choose(rule, NONE, logits.clone()).experts()).isEqualTo(sorted);
        }
      }
    }
  }

  @Test
  void placesInLongerArraysAreKept() {
    float[] logits = {9, 9, 1, 3, 2, 9};
    int[] chosen = {7, 7, 7, 7};
    float[] weights = {7, 7, 7, 7};
    new Choice(RoutingRule.of(2, Scoring.SOFTMAX_OF_ALL, false), 3, NONE)
        .choose(logits, 2, chosen, weights, 1, new Scratch());
    assertThat(chosen).containsExactly(7, 1, 2, 7);
    assertThat(weights[0]).isEqualTo(7f);
    assertThat(weights[3]).isEqualTo(7f);
    assertThat(Arrays.copyOfRange(logits, 0, 2)).containsExactly(9, 9);
    assertThat(logits[5]).isEqualTo(9f);
  }

  @Test
  void rulesThatDoNotFitAreRefused() {
    for (RoutingRule rule :
        List.of(
            RoutingRule.of(9, Scoring.SIGMOID, true),
            rule(2, Scoring.SIGMOID, 3, 1, GroupScore.BEST),
            rule(3, Scoring.SIGMOID, 4, 1, GroupScore.BEST),
            rule(1, Scoring.SIGMOID, 8, 1, GroupScore.SUM_OF_TWO_BEST))) {
      assertThatThrownBy(() -> new Choice(rule, 8, NONE))
          .hasMessageContaining("top " + rule.topK() + " of 8 experts");
    }
    assertThatThrownBy(() -> new Choice(RoutingRule.of(1, Scoring.SIGMOID, true), 8, new float[3]))
        .hasMessage("3 corrections for 8 experts");
    assertThatThrownBy(() -> new Groups(4, 5, GroupScore.BEST)).hasMessageContaining("5 groups");
  }
}
