package dev.switchboard.model.moe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.switchboard.model.architecture.Activation;
import dev.switchboard.model.architecture.RoutingRule;
import dev.switchboard.model.architecture.RoutingRule.Scoring;
import dev.switchboard.model.expert.Expert;
import dev.switchboard.model.expert.ExpertState;
import dev.switchboard.model.expert.FfnExpert;
import dev.switchboard.model.kernel.PackedMatrix;
import dev.switchboard.model.kernel.Scratch;
import dev.switchboard.model.layer.Ffn;
import dev.switchboard.model.layer.Linear;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A Mixtral layer: six tokens, eight experts, top two. */
class MoeLayerOracleTest {
  private static final int WIDTH = 4;
  private static final int INNER = 8;
  private static final int EXPERTS = 8;

  private final JsonNode golden;
  private final List<Expert> experts;

  MoeLayerOracleTest() throws IOException {
    golden =
        new ObjectMapper()
            .readTree(
                MoeLayerOracleTest.class.getResource(
                    "/golden/moe-layer/mixtral-layer-oracle.json"));
    experts = IntStream.range(0, EXPERTS).mapToObj(this::expert).toList();
  }

  private float[] floats(String name) {
    float[] values = new float[golden.get(name).size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) golden.get(name).get(i).asDouble();
    }
    return values;
  }

  private Expert expert(int index) {
    int size = INNER * WIDTH;
    return new FfnExpert(
        new Ffn(
            Optional.of(linear("w1", index * size, INNER, WIDTH)),
            linear("w3", index * size, INNER, WIDTH),
            linear("w2", index * size, WIDTH, INNER),
            new Activation.Silu()));
  }

  private Linear linear(String name, int from, int rows, int columns) {
    float[] values = Arrays.copyOfRange(floats(name), from, from + rows * columns);
    return new Linear(PackedMatrix.ofFloats(rows, columns, values));
  }

  private static Choice choice(RoutingRule rule) {
    return new Choice(rule, EXPERTS, new float[0]);
  }

  private float[] oracle(RoutingRule rule) {
    ExpertState[] states = new ExpertState[EXPERTS];
    Arrays.fill(states, ExpertState.NONE);
    return MoeLayerOracle.forward(
        choice(rule), experts, floats("input"), floats("router_logits"), states);
  }

  @Test
  void meetsTheReference() {
    float[] expected = floats("expected");
    for (RoutingRule rule :
        List.of(
            RoutingRule.of(2, Scoring.SOFTMAX_OF_ALL, true),
            RoutingRule.of(2, Scoring.SOFTMAX_OF_CHOSEN, false))) {
      float[] actual = oracle(rule);
      for (int i = 0; i < expected.length; i++) {
        assertThat(actual[i]).as(rule + ", value " + i).isCloseTo(expected[i], within(1e-5f));
      }
    }
  }

  @Test
  void choosesWhatTheReferenceChooses() {
    float[] logits = floats("router_logits");
    for (int t = 0; t < 6; t++) {
      int[] chosen = new int[2];
      float[] weights = new float[2];
      choice(RoutingRule.of(2, Scoring.SOFTMAX_OF_ALL, true))
          .choose(
              Arrays.copyOfRange(logits, t * EXPERTS, (t + 1) * EXPERTS),
              0,
              chosen,
              weights,
              0,
              new Scratch());
      Set<Integer> expected = new HashSet<>();
      golden.get("selected_by_numpy").get(t).forEach(e -> expected.add(e.asInt()));
      assertThat(Set.of(chosen[0], chosen[1])).isEqualTo(expected);
      assertThat(weights[0]).isGreaterThan(weights[1]);
    }
  }

  /** Grouped by expert, in batches of many sequences: the oracle's bits. */
  @Test
  void localExpertsEqualTheOracle() {
    RoutingRule rule = RoutingRule.of(2, Scoring.SOFTMAX_OF_CHOSEN, true);
    float[] logits = floats("router_logits");
    int tokens = 6;
    int[] chosen = new int[2 * tokens];
    float[] weights = new float[2 * tokens];
    Scratch scratch = new Scratch();
    for (int t = 0; t < tokens; t++) {
      choice(rule).choose(logits, t * EXPERTS, chosen, weights, 2 * t, scratch);
    }
    LocalExperts local = new LocalExperts(java.util.Map.of(3, experts));
    float[] outputs = new float[2 * tokens * WIDTH];
    boolean[] dead = new boolean[tokens];
    Routing routing = new Routing(tokens, 2, chosen, weights);
    MoeOutcome outcome =
        local.run(
            new MoeCall(
                3,
                tokens,
                WIDTH,
                floats("input"),
                routing,
                new long[] {1, 1, 2, 2, 2, 3},
                new long[] {0, 1, 7, 8, 9, 0},
                dead,
                outputs));
    float[] sum = new float[tokens * WIDTH];
    Combine.weightedSum(routing, WIDTH, outputs, sum);
    assertThat(outcome.lost()).isEmpty();
    assertThat(sum).isEqualTo(oracle(rule));
    List<Long> rows = new ArrayList<>();
    IntStream.range(0, EXPERTS).forEach(e -> rows.add(local.rows(3, e)));
    assertThat(rows.stream().mapToLong(Long::longValue).sum()).isEqualTo(2 * tokens);
    assertThat(local.rows(3, chosen[0])).isPositive();
    assertThat(local.multiplyAdds()).isEqualTo(2L * tokens * 3 * WIDTH * INNER);
  }
}
