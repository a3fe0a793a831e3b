package dev.switchboard.cluster.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.switchboard.cluster.plan.PlanNode.Use;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PlannerTest {
  private static final PlanLimits ONE_COPY = new PlanLimits(1, 8, 2, 0.05);

  @Test
  void withoutLoadsEveryNodeGetsAsMuch() {
    Plan plan = plan(even(8), nodes("a", "b", "c", "d"), new PlanLimits(2, 16, 0, 0));
    assertThat(plan.spread().rows().getFirst()).allSatisfy(ids -> assertThat(ids).hasSize(2));
    for (String id : List.of("a", "b", "c", "d")) {
      assertThat(heldBy(plan.spread(), id)).hasSize(4);
    }
    assertThat(plan.after()).isEqualTo(1);
  }

  @Test
  void theSameRequestGivesTheSamePlan() {
    Loads loads = Routing.counts(2, 64);
    List<PlanNode> nodes = EplbTest.nodes(8, 16);
    List<PlanNode> otherOrder = new ArrayList<>(nodes.reversed());
    PlanLimits limits = new PlanLimits(1, 0, 10, 0.02);
    Plan plan = Planner.plan(new PlanRequest(loads, nodes, Optional.empty(), limits, 7));
    assertThat(Planner.plan(new PlanRequest(loads, otherOrder, Optional.empty(), limits, 7)))
        .isEqualTo(plan);
  }

  @Test
  void whatIsBusyGetsMoreCopiesAndIsNeverTwiceOnANode() {
    Loads loads = Loads.of(1, 4, new long[] {900, 50, 30, 20});
    Plan plan = plan(loads, nodes("a", "b", "c"), new PlanLimits(1, 6, 0, 0));
    assertThat(plan.spread().holders(0, 0)).containsExactly("a", "b", "c");
    assertThat(Plans.copies(plan.spread())).isEqualTo(6);
  }

  @Test
  void aDeadNodesOnlyCopiesAreMadeGoodWhateverTheBudget() {
    Spread before = plan(even(8), nodes("a", "b", "c", "d"), ONE_COPY).spread();
    PlanLimits none = new PlanLimits(1, 8, 0, 0.5);
    Plan after = replan(even(8), nodes("a", "b", "c"), before, none);
    assertThat(after.spread().rows().getFirst()).allSatisfy(ids -> assertThat(ids).hasSize(1));
    assertThat(Plans.loads(after)).isEqualTo(2);
    assertThat(Plans.reasons(after)).containsOnlyKeys(Why.LOST);
    assertThat(after.changes().stream().filter(change -> !change.comes()))
        .allSatisfy(change -> assertThat(change.node()).isEqualTo("d"))
        .hasSize(2);
  }

  @Test
  void aLeavingNodeHandsOverAndACordonedOneKeepsWhatItHas() {
    Spread before = plan(even(8), nodes("a", "b", "c", "d"), ONE_COPY).spread();
    List<PlanNode> nodes =
        List.of(
            Plans.open("a", 8),
            new PlanNode("b", 8, 1, "b", Use.CORDONED),
            Plans.open("c", 8),
            new PlanNode("d", 8, 1, "d", Use.DRAINING));
    Plan after = replan(even(8), nodes, before, new PlanLimits(1, 8, 0, 0.5));
    assertThat(heldBy(after.spread(), "d")).isEmpty();
    assertThat(heldBy(after.spread(), "b")).isEqualTo(heldBy(before, "b"));
    assertThat(Plans.reasons(after)).containsOnlyKeys(Why.DRAINED);
    assertThat(Plans.loads(after)).isEqualTo(2);
  }

  @Test
  void besideCordonedNodesLostCopiesAreMadeGoodAndNotGivenUpForLoad() {
    List<PlanNode> nodes =
        List.of(
            Plans.open("a", 8),
            new PlanNode("b", 8, 1, "b", Use.CORDONED),
            new PlanNode("c", 8, 1, "c", Use.CORDONED));
    List<List<String>> before = new ArrayList<>();
    for (int item = 0; item < 4; item++) {
      before.add(List.of("b", "lost"));
      before.add(List.of("a", "c"));
    }
    Loads loads = Loads.of(1, 8, new long[] {900, 1, 1, 1, 1, 1, 1, 1});
    PlanLimits none = new PlanLimits(2, 16, 0, 0.999);
    Plan after = replan(loads, nodes, new Spread(List.of(before)), none);
    assertThat(after.spread().rows().getFirst()).allSatisfy(ids -> assertThat(ids).hasSize(2));
    assertThat(heldBy(after.spread(), "a")).hasSize(8);
    Plan evened = replan(loads, nodes, after.spread(), new PlanLimits(2, 16, 16, 0.02));
    assertThat(evened.spread()).isEqualTo(after.spread());
  }

  @Test
  void aNewcomerTakesItsShareWithinTheBudget() {
    Spread before = plan(even(8), nodes("a", "b"), ONE_COPY).spread();
    Plan little = replan(even(8), nodes("a", "b", "c"), before, new PlanLimits(1, 8, 1, 0.01));
    assertThat(heldBy(little.spread(), "c")).hasSize(1);
    Plan enough = replan(even(8), nodes("a", "b", "c"), before, new PlanLimits(1, 8, 5, 0.01));
    assertThat(heldBy(enough.spread(), "c")).hasSize(2);
    assertThat(Plans.loads(enough)).isEqualTo(2);
    assertThat(Plans.reasons(enough)).containsOnlyKeys(Why.LOAD);
  }

  @Test
  void nothingMovesForAGainWithinTheTolerance() {
    long[] counts = {100, 100, 100, 100, 100, 100, 100, 100};
    Spread before = plan(even(8), nodes("a", "b"), ONE_COPY).spread();
    counts[0] = 110;
    Loads loads = Loads.of(1, 8, counts);
    Plan after = replan(loads, nodes("a", "b"), before, new PlanLimits(1, 8, 8, 0.05));
    assertThat(after.changes()).isEmpty();
    assertThat(after.spread()).isEqualTo(before);
  }

  @Test
  void copiesAreInDifferentDomains() {
    List<PlanNode> nodes = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      nodes.add(new PlanNode("n" + i, 8, 1, i < 4 ? "left" : "right", Use.OPEN));
    }
    Plan plan = plan(Routing.counts(1, 16), nodes, new PlanLimits(2, 32, 0, 0));
    assertThat(plan.spread().rows().getFirst())
        .allSatisfy(ids ->
            assertThat(ids.stream().map(id -> id.compareTo("n4") < 0).distinct()).hasSize(2));
  }

  @Test
  void aFasterNodeTakesMore() {
    List<PlanNode> nodes =
        List.of(Plans.open("slow", 30), new PlanNode("fast", 30, 2, "fast", Use.OPEN));
    Plan plan = plan(even(30), nodes, new PlanLimits(1, 30, 0, 0));
    assertThat(heldBy(plan.spread(), "fast")).hasSize(20);
  }

  @Test
  void whatDoesNotFitIsLeftOutAndEveryItemComesOnceBeforeAnyTwice() {
    Plan plan =
        plan(even(8), List.of(Plans.open("a", 4), Plans.open("b", 4)), new PlanLimits(2, 16, 0, 0));
    assertThat(plan.spread().rows().getFirst()).allSatisfy(ids -> assertThat(ids).hasSize(1));
    Plan less = plan(even(8), List.of(Plans.open("a", 3)), ONE_COPY);
    assertThat(Plans.copies(less.spread())).isEqualTo(3);
  }

  @Test
  void noExpertIsOnOneNodeAloneWhereThereAreTwiceAsManySlots() {
    for (int nodes : new int[] {8, 64, 256}) {
      for (int experts : new int[] {64, 128, 256}) {
        int slots = EplbTest.slots(experts, nodes);
        PlanLimits limits = new PlanLimits(2, 0, slots * nodes / 7, 0.02);
        Loads loads = Routing.counts(2, experts);
        List<PlanNode> sites = EplbTest.nodes(nodes, slots);
        Plan plan = Planner.plan(new PlanRequest(loads, sites, Optional.empty(), limits, 3));
        for (int window = 0; window < 3; window++) {
          assertThat(plan.spread().rows())
              .allSatisfy(
                  row -> assertThat(row).allSatisfy(ids -> assertThat(ids).hasSizeGreaterThan(1)));
          loads = Routing.drift(loads, new Random(window));
          plan =
              Planner.plan(
                  new PlanRequest(loads, sites, Optional.of(plan.spread()), limits, window));
        }
      }
    }
  }

  @Test
  void whatCannotBeIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> plan(even(2), nodes("a", "a"), ONE_COPY))
        .withMessageContaining("a");
    assertThatIllegalArgumentException().isThrownBy(() -> new PlanLimits(0, 0, 0, 0));
    assertThatIllegalArgumentException().isThrownBy(() -> new PlanNode("a", 1, 0, "a", Use.OPEN));
  }

  private static Loads even(int items) {
    long[] counts = new long[items];
    java.util.Arrays.fill(counts, 100);
    return Loads.of(1, items, counts);
  }

  private static List<PlanNode> nodes(String... ids) {
    return Stream.of(ids).map(id -> Plans.open(id, 8)).toList();
  }

  private static Plan plan(Loads loads, List<PlanNode> nodes, PlanLimits limits) {
    return Planner.plan(new PlanRequest(loads, nodes, Optional.empty(), limits, 1));
  }

  private static Plan replan(Loads loads, List<PlanNode> nodes, Spread before, PlanLimits limits) {
    return Planner.plan(new PlanRequest(loads, nodes, Optional.of(before), limits, 1));
  }

  private static List<Integer> heldBy(Spread spread, String id) {
    List<Integer> held = new ArrayList<>();
    for (int item = 0; item < spread.rows().getFirst().size(); item++) {
      if (spread.holders(0, item).contains(id)) {
        held.add(item);
      }
    }
    return held;
  }
}
