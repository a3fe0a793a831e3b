package dev.switchboard.router.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class DispatchPlannerTest {
  /** Nodes by expert, and rows outstanding by node. */
  record View(Map<Integer, int[]> holders, Map<Integer, Long> outstanding) implements Replicas {
    @Override
    public int[] nodes(int expert) {
      return holders.getOrDefault(expert, new int[0]);
    }

    @Override
    public long outstandingRows(int node) {
      return outstanding.getOrDefault(node, 0L);
    }
  }

  private static DispatchPlanner.Request request(int[] experts, int topK, Replicas view) {
    return new DispatchPlanner.Request(
        experts,
        topK,
        IntStream.range(0, experts.length).toArray(),
        view,
        StateHomes.NONE,
        new Exclusions(),
        7);
  }

  @Test
  void oneMessageANodeAndEachRowOnce() {
    View view = new View(Map.of(0, new int[] {5}, 1, new int[] {5}, 2, new int[] {6}), Map.of());
    DispatchPlan plan = DispatchPlanner.plan(request(new int[] {1, 0, 2, 1, 0, 1}, 2, view));
    assertThat(plan.unplaced()).isEmpty();
    assertThat(plan.batches()).extracting(NodeBatch::node).containsExactly(5, 6);
    NodeBatch first = plan.batches().get(0);
    assertThat(first.tokens()).containsExactly(0, 1, 2);
    assertThat(first.groups()).extracting(ExpertRows::expert).containsExactly(0, 1);
    assertThat(first.groups().get(0).rows()).containsExactly(0, 2);
    assertThat(first.groups().get(0).slots()).containsExactly(1, 4);
    assertThat(first.groups().get(1).rows()).containsExactly(0, 1, 2);
    assertThat(first.groups().get(1).slots()).containsExactly(0, 3, 5);
    NodeBatch second = plan.batches().get(1);
    assertThat(second.tokens()).containsExactly(1);
    assertThat(second.groups().get(0).slots()).containsExactly(2);
  }

  @Test
  void takesTheLessBusyOfTwoReplicas() {
    View view = new View(Map.of(0, new int[] {1, 2}), Map.of(1, 100L, 2, 3L));
    for (long seed = 0; seed < 20; seed++) {
      DispatchPlan plan =
          DispatchPlanner.plan(
              new DispatchPlanner.Request(
                  new int[] {0}, 1, new int[] {0}, view, StateHomes.NONE, new Exclusions(), seed));
      assertThat(plan.batches()).extracting(NodeBatch::node).containsExactly(2);
    }
  }

  @Test
  void countsItsOwnRowsWhenItChooses() {
    Map<Integer, int[]> holders = new HashMap<>();
    holders.put(0, new int[] {1});
    holders.put(1, new int[] {1, 2});
    int[] experts = {0, 0, 0, 1};
    DispatchPlan plan = DispatchPlanner.plan(request(experts, 1, new View(holders, Map.of())));
    assertThat(plan.batches()).extracting(NodeBatch::node).containsExactly(1, 2);
  }

  @Test
  void twoExpertsOfOneTokenGoToTwoNodes() {
    int[] both = {1, 2};
    View view = new View(Map.of(0, both, 3, both), Map.of());
    for (long seed = 0; seed < 20; seed++) {
      DispatchPlan plan =
          DispatchPlanner.plan(
              new DispatchPlanner.Request(
                  new int[] {3, 0},
                  2,
                  new int[] {0, 1},
                  view,
                  StateHomes.NONE,
                  new Exclusions(),
                  seed));
      assertThat(plan.batches()).extracting(NodeBatch::node).containsExactly(1, 2);
    }
  }

  @Test
  void rowsOfAPromptAreSpreadEvenlyAndAHotExpertIsSplit() {
    int[] both = {1, 2};
    View view = new View(Map.of(0, both, 1, both, 2, both), Map.of());
    int[] experts = new int[400];
    for (int i = 0; i < experts.length; i++) {
      experts[i] = i % 10 == 0 ? 1 : i % 10 == 1 ? 2 : 0;
    }
    DispatchPlan plan = DispatchPlanner.plan(request(experts, 1, view));
    assertThat(plan.batches()).hasSize(2);
    int[] rows = plan.batches().stream().mapToInt(NodeBatch::outputRows).toArray();
    assertThat(rows[0] + rows[1]).isEqualTo(400);
    assertThat(Math.abs(rows[0] - rows[1])).isLessThan(34);
    assertThat(plan.batches())
        .allSatisfy(batch -> assertThat(batch.groups()).anyMatch(g -> g.expert() == 0));
  }

  @Test
  void aSplitSparesANodeThatFailed() {
    int[] both = {1, 2};
    Exclusions excluded = Exclusions.of(2);
    DispatchPlan plan =
        DispatchPlanner.plan(
            new DispatchPlanner.Request(
                new int[200],
                1,
                IntStream.range(0, 200).toArray(),
                new View(Map.of(0, both), Map.of()),
                StateHomes.NONE,
                excluded,
                1));
    assertThat(plan.batches()).extracting(NodeBatch::node).containsExactly(1);
  }

  @Test
  void whatNoNodeHoldsIsSaid() {
    View view = new View(Map.of(0, new int[] {1}), Map.of());
    DispatchPlan plan = DispatchPlanner.plan(request(new int[] {0, 3, 0, 3}, 1, view));
    assertThat(plan.unplaced()).containsExactly(1, 3);
    assertThat(plan.batches().get(0).tokens()).containsExactly(0, 2);
  }

  @Test
  void anExcludedNodeIsNotUsed() {
    View view = new View(Map.of(0, new int[] {1, 2}), Map.of());
    Exclusions excluded = Exclusions.of(1);
    for (long seed = 0; seed < 10; seed++) {
      DispatchPlan plan =
          DispatchPlanner.plan(
              new DispatchPlanner.Request(
                  new int[] {0}, 1, new int[] {0}, view, StateHomes.NONE, excluded, seed));
      assertThat(plan.batches()).extracting(NodeBatch::node).containsExactly(2);
    }
  }

  @Test
  void aStateGoesWhereItLivesOrIsLost() {
    View view = new View(Map.of(0, new int[] {1, 2, 3}), Map.of());
    Exclusions excluded = Exclusions.of(3);
    int[] homes = {2, StateHomes.LOST, 3, 1};
    DispatchPlan plan =
        DispatchPlanner.plan(
            new DispatchPlanner.Request(
                new int[] {0, 0, 0, 0},
                1,
                new int[] {0, 1, 2, 3},
                view,
                (expert, token) -> homes[token],
                excluded,
                1));
    assertThat(plan.batches()).extracting(NodeBatch::node).containsExactly(1, 2);
    assertThat(plan.unplaced()).containsExactly(1, 2);
  }

  @Property(tries = 300)
  void everySlotIsSentOnceToAHolder(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 90) int tokens,
      @ForAll @IntRange(min = 1, max = 4) int topK,
      @ForAll @IntRange(min = 1, max = 6) int nodes) {
    Random random = new Random(seed);
    int expertCount = topK + random.nextInt(6);
    Map<Integer, int[]> holders = new HashMap<>();
    for (int e = 0; e < expertCount; e++) {
      holders.put(e, IntStream.range(0, nodes).filter(n -> random.nextInt(3) > 0).toArray());
    }
    int[] experts = new int[tokens * topK];
    for (int t = 0; t < tokens; t++) {
      List<Integer> all = new ArrayList<>(IntStream.range(0, expertCount).boxed().toList());
      java.util.Collections.shuffle(all, random);
      for (int k = 0; k < topK; k++) {
        experts[t * topK + k] = all.get(k);
      }
    }
    DispatchPlan plan = DispatchPlanner.plan(request(experts, topK, new View(holders, Map.of())));
    Set<Integer> seen = new HashSet<>();
    for (int slot : plan.unplaced()) {
      assertThat(seen.add(slot)).isTrue();
      assertThat(holders.get(experts[slot])).isEmpty();
    }
    Set<Integer> sent = new HashSet<>();
    for (NodeBatch batch : plan.batches()) {
      assertThat(sent.add(batch.node())).as("one message a node").isTrue();
      assertThat(batch.tokens()).isSorted().doesNotHaveDuplicates();
      for (ExpertRows group : batch.groups()) {
        assertThat(holders.get(group.expert())).contains(batch.node());
        assertThat(group.rows()).isSorted().doesNotHaveDuplicates();
        for (int i = 0; i < group.rows().length; i++) {
          int slot = group.slots()[i];
          assertThat(seen.add(slot)).isTrue();
          assertThat(experts[slot]).isEqualTo(group.expert());
          assertThat(batch.tokens()[group.rows()[i]]).isEqualTo(slot / topK);
        }
      }
    }
    assertThat(seen).hasSize(experts.length);
  }
}
