package dev.switchboard.model.moe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.model.architecture.RoutingRule;
import dev.switchboard.model.architecture.RoutingRule.Scoring;
import dev.switchboard.model.kernel.Noise;
import dev.switchboard.model.kernel.PackedMatrix;
import dev.switchboard.model.kernel.Scratch;
import dev.switchboard.model.layer.Linear;
import java.util.Arrays;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class GateTest {
  private static final int WIDTH = 19;
  private static final int EXPERTS = 8;
  private static final RoutingRule TOP2 = RoutingRule.of(2, Scoring.SOFTMAX_OF_CHOSEN, true);

  private final Noise noise = new Noise(8);
  private final Scratch scratch = new Scratch();
  private final float[] weights = noise.floats(EXPERTS * WIDTH, 1);

  private Gate gate(OptionalDouble decay, RoutingRule rule) {
    return new Gate(
        new Linear(PackedMatrix.ofFloats(EXPERTS, WIDTH, weights)), decay, new float[0], rule);
  }

  private static Routing choose(RoutingRule rule, float... logits) {
    int k = rule.topK();
    Routing routing = new Routing(1, k, new int[k], new float[k]);
    new Choice(rule, logits.length, new float[0])
        .choose(logits, 0, routing.experts(), routing.weights(), 0, new Scratch());
    return routing;
  }

  @Test
  void tiesGoToTheLowerIndex() {
    RoutingRule rule = RoutingRule.of(3, Scoring.SOFTMAX_OF_CHOSEN, true);
    assertThat(choose(rule, 1, 2, 2, 1, 2).experts()).containsExactly(1, 2, 4);
    assertThat(choose(rule, 0, 0, 0, 0).experts()).containsExactly(0, 1, 2);
    assertThat(choose(rule, -0f, 0f, 0f).experts()).containsExactly(0, 1, 2);
  }

  @Test
  void aLoneChoiceWeighsExactlyOne() {
    RoutingRule rule = RoutingRule.of(1, Scoring.SOFTMAX_OF_CHOSEN, true);
    assertThat(choose(rule, -3, 70, 0.5f).weights()).containsExactly(1f);
  }

  @Test
  void scoringIsData() {
    RoutingRule all = RoutingRule.of(2, Scoring.SOFTMAX_OF_ALL, false);
    RoutingRule normalised = RoutingRule.of(2, Scoring.SOFTMAX_OF_ALL, true);
    float ln2 = (float) Math.log(2);
    assertThat(choose(all, 0, ln2, 0).weights()[0]).isEqualTo(0.5f);
    assertThat(choose(all, 0, ln2, 0).weights()[1]).isEqualTo(0.25f);
    assertThat(choose(normalised, 0, ln2, 0).weights()[0]).isCloseTo(2 / 3f, offset());
    assertThat(choose(TOP2, 0, ln2, 0).weights()[1]).isCloseTo(1 / 3f, offset());
  }

  private static org.assertj.core.data.Offset<Float> offset() {
    return org.assertj.core.data.Offset.offset(1e-6f);
  }

  @Test
  void logitsThatAreNoNumbersStillChooseDistinctExperts() {
    float nan = Float.NaN;
    assertThat(choose(TOP2, nan, nan, nan).experts()).doesNotHaveDuplicates();
    assertThat(choose(TOP2, 1, nan, 3).experts()).doesNotHaveDuplicates();
  }

  /** g = fma(decay, g_prev, W u), from zero. */
  @Test
  void remembers() {
    Gate gate = gate(OptionalDouble.of(0.93f), TOP2);
    float[] memory = gate.newMemory();
    float[] g = new float[EXPERTS];
    for (int t = 0; t < 5; t++) {
      float[] u = noise.floats(WIDTH, 1);
      Routing routing = gate.route(u, new int[] {0, 1}, 1, new float[][] {memory}, scratch);
      for (int e = 0; e < EXPERTS; e++) {
        float sum = 0f;
        for (int i = 0; i < WIDTH; i++) {
          sum = Math.fma(u[i], weights[e * WIDTH + i], sum);
        }
        g[e] = Math.fma(0.93f, g[e], sum);
      }
      assertThat(memory).isEqualTo(g);
      assertThat(routing.experts()).isEqualTo(choose(TOP2, g.clone()).experts());
      assertThat(routing.weights()).isEqualTo(choose(TOP2, g.clone()).weights());
    }
  }

  @Test
  void rowsOfManySequencesRouteAsEachAlone() {
    for (OptionalDouble decay :
        new OptionalDouble[] {OptionalDouble.of(0.5), OptionalDouble.empty()}) {
      Gate gate = gate(decay, TOP2);
      float[] u = noise.floats(7 * WIDTH, 1);
      float[][] memories = {gate.newMemory(), gate.newMemory()};
      Routing together = gate.route(u, new int[] {0, 3, 7}, 2, memories, scratch);
      float[] alone = gate.newMemory();
      for (int t = 3; t < 7; t++) {
        float[] row = Arrays.copyOfRange(u, t * WIDTH, (t + 1) * WIDTH);
        Routing one = gate.route(row, new int[] {0, 1}, 1, new float[][] {alone}, scratch);
        assertThat(one.expert(0, 0)).isEqualTo(together.expert(t, 0));
        assertThat(one.expert(0, 1)).isEqualTo(together.expert(t, 1));
        assertThat(one.weight(0, 1)).isEqualTo(together.weight(t, 1));
      }
      assertThat(alone).isEqualTo(memories[1]);
    }
  }

  @Test
  void impossibleGatesAreRefused() {
    assertThatThrownBy(() -> gate(OptionalDouble.of(1), TOP2)).hasMessageContaining("1.0");
    assertThatThrownBy(() -> gate(OptionalDouble.of(Double.NaN), TOP2)).hasMessageContaining("NaN");
    assertThatThrownBy(
            () -> gate(OptionalDouble.empty(), RoutingRule.of(9, Scoring.SOFTMAX_OF_ALL, true)))
        .hasMessageContaining("top 9");
  }
}
