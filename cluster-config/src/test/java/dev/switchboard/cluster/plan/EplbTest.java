package dev.switchboard.cluster.plan;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Against EPLB: its own example, and its balance on recorded routing that drifts. */
class EplbTest {
  private static final int ROWS = 6;
  private static final int WINDOWS = 5;
  private static final double MOVED = 0.15;
  private static final double OF_EPLB = 0.98;

  @Test
  void countingAndPackingGiveTheAnswerThatEplbPublishes() {
    JsonNode golden = Routing.golden("eplb/eplb-known-answer.json");
    for (int layer = 0; layer < golden.get("weight").size(); layer++) {
      double[] weights = numbers(golden.get("weight").get(layer));
      int[] placed =
          Eplb.place(
              weights,
              golden.get("num_replicas").asInt(),
              golden.get("num_groups").asInt(),
              golden.get("num_nodes").asInt(),
              golden.get("num_gpus").asInt());
      double[] expected = numbers(golden.get("phy2log").get(layer));
      assertThat(IntStream.of(placed).asDoubleStream().toArray()).isEqualTo(expected);
    }
  }

  private static double[] numbers(JsonNode list) {
    return IntStream.range(0, list.size()).mapToDouble(i -> list.get(i).asDouble()).toArray();
  }

  static Stream<Arguments> clusters() {
    return Stream.of(64, 128, 256)
        .flatMap(experts ->
            Stream.of(8, 16, 32, 64, 128, 256).map(nodes -> Arguments.of(experts, nodes)));
  }

  /** Nodes with so many slots that there are at least twice as many as experts. */
  static int slots(int experts, int nodes) {
    return Math.max(1, 2 * experts / nodes);
  }

  @ParameterizedTest
  @MethodSource("clusters")
  void isAsEvenAsEplbAndMovesLittleWhenTheLoadDrifts(int experts, int nodes) {
    int slots = slots(experts, nodes);
    int copies = slots * nodes;
    PlanLimits limits = new PlanLimits(1, 0, (int) (MOVED * copies), 0.01);
    Random random = new Random(experts * 1000L + nodes);
    Loads loads = Routing.counts(ROWS, experts);
    List<PlanNode> sites = nodes(nodes, slots);
    Plan plan = Planner.plan(new PlanRequest(loads, sites, Optional.empty(), limits, 1));
    assertThat(plan.after()).isGreaterThanOrEqualTo(OF_EPLB * eplb(loads, copies, nodes));
    for (int window = 1; window <= WINDOWS; window++) {
      loads = Routing.drift(loads, random);
      Spread before = plan.spread();
      plan = Planner.plan(new PlanRequest(loads, sites, Optional.of(before), limits, window));
      assertThat((double) Plans.moved(plan.spread(), before) / Plans.copies(before))
          .as("moved in window %d", window)
          .isLessThanOrEqualTo(MOVED);
      assertThat(plan.after())
          .as("balance in window %d", window)
          .isGreaterThanOrEqualTo(OF_EPLB * eplb(loads, copies, nodes));
    }
  }

  static List<PlanNode> nodes(int count, int slots) {
    List<PlanNode> nodes = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      nodes.add(Plans.open("n%03d".formatted(i), slots));
    }
    return nodes;
  }

  /** Balance over all rows, by the time that they take. */
  static double eplb(Loads loads, int copies, int nodes) {
    double mean = 0;
    double most = 0;
    for (int row = 0; row < loads.rows(); row++) {
      double[] weights = Routing.row(loads, row);
      double rowMean = java.util.Arrays.stream(weights).sum() / nodes;
      mean += rowMean;
      most += rowMean / Eplb.balance(weights, copies, nodes);
    }
    return mean / most;
  }
}
