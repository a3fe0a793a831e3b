package dev.switchboard.cluster;

import static dev.switchboard.cluster.Nodes.MODEL;
import static dev.switchboard.cluster.Nodes.node;
import static dev.switchboard.cluster.Nodes.nodes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlacementPlannerTest {
  @ParameterizedTest(name = "{0} experts, {1} nodes, {2} copies: loads {3}")
  @CsvSource({
    "8, 1, 1, 8",
    "8, 2, 1, 4 4",
    "8, 8, 1, 1 1 1 1 1 1 1 1",
    "8, 3, 1, 3 3 2",
    "8, 3, 2, 6 5 5",
    "8, 2, 2, 8 8",
    "8, 2, 3, 8 8",
    "2, 4, 1, 1 1 0 0",
    "1, 3, 2, 1 1 0",
    "64, 5, 2, 26 26 26 25 25",
  })
  void spreadsEvenly(int experts, int nodes, int copies, String loads) {
    List<NodeInfo> there = new ArrayList<>();
    for (int i = 0; i < nodes; i++) {
      there.add(node("n" + i));
    }
    Placement placement = plan(experts, copies, there, null);
    String found =
        String.join(
            " ",
            there.stream()
                .map(node -> placement.unitsOf(node.id()).size())
                .sorted((a, b) -> b - a)
                .map(String::valueOf)
                .toList());
    assertThat(found).isEqualTo(loads);
    assertThat(placement.epoch()).isEqualTo(1);
    assertThat(placement.complete()).isTrue();
  }

  @ParameterizedTest(name = "memory for {0}, {1} copies: {2}")
  @CsvSource({
    "2 8, 1, 2 6",
    "2 3, 1, 4 4",
    "6 0, 1, 4 4",
    "3 0, 1, 3 5",
    "2 2 4, 1, 2 2 4",
    "2 2 8, 1, 2 2 4",
    "1 0, 2, 8 8",
  })
  void noNodeHoldsMoreThanItsMemoryWhileAnotherHasRoom(String memory, int copies, String loads) {
    List<NodeInfo> there = new ArrayList<>();
    for (String room : memory.split(" ")) {
      there.add(node("n" + there.size()).withMemoryFor(Integer.parseInt(room)));
    }
    Placement placement = plan(8, copies, there, null);
    assertThat(there)
        .extracting(node -> placement.unitsOf(node.id()).size())
        .map(String::valueOf)
        .containsExactly(loads.split(" "));
  }

  @Test
  void aLossMovesNothingAndLeavesWhatOnlyItHeldGone() {
    Placement before = plan(8, 1, nodes("a", "b"), null);
    Placement after = plan(8, 1, nodes("a"), before);
    assertThat(after.epoch()).isEqualTo(2);
    assertThat(after.unitsOf("a")).isEqualTo(before.unitsOf("a"));
    assertThat(after.gone()).isEqualTo(before.unitsOf("b"));
    assertThat(after.nodes()).containsExactly("a");
  }

  @Test
  void aLossWithASecondCopyLeavesTheSurvivor() {
    Placement before = plan(8, 2, nodes("a", "b"), null);
    Placement after = plan(8, 2, nodes("b"), before);
    assertThat(after.complete()).isTrue();
    assertThat(after.holders()).allMatch(holders -> holders.equals(List.of("b")));
  }

  @Test
  void whatIsGoneIsPlacedAgainWhenANodeJoins() {
    Placement whole = plan(8, 1, nodes("a", "b"), null);
    Placement half = plan(8, 1, nodes("a"), whole);
    Placement again = plan(8, 1, nodes("a", "c"), half);
    assertThat(again.complete()).isTrue();
    assertThat(again.epoch()).isEqualTo(3);
    assertThat(again.unitsOf("a")).isEqualTo(whole.unitsOf("a"));
    assertThat(again.unitsOf("c")).isEqualTo(whole.unitsOf("b"));
  }

  @Test
  void aJoinTakesOnlyWhatEvennessNeeds() {
    Placement two = plan(8, 1, nodes("a", "b"), null);
    Placement three = plan(8, 1, nodes("a", "b", "c"), two);
    assertThat(three.unitsOf("c")).hasSize(2);
    assertThat(two.unitsOf("a")).containsAll(three.unitsOf("a"));
    assertThat(two.unitsOf("b")).containsAll(three.unitsOf("b"));
  }

  @Test
  void nothingNewIsThePreviousPlacementItself() {
    Placement before = plan(8, 2, nodes("a", "b", "c"), null);
    assertThat(plan(8, 2, nodes("c", "a", "b"), before)).isSameAs(before);
  }

  @Test
  void capacityIsKeptAndFirstCopiesComeFirst() {
    Placement placement = plan(8, 2, List.of(node("a", 2), node("b", 7)), null);
    assertThat(placement.unitsOf("a")).hasSize(2);
    assertThat(placement.unitsOf("b")).hasSize(7);
    assertThat(placement.complete()).isTrue();
    Placement tooSmall = plan(8, 1, List.of(node("a", 2), node("b", 3)), null);
    assertThat(tooSmall.gone()).hasSize(3);
  }

  @Test
  void nodesOfAnotherModelAndThoseThatLeaveGetNothing() {
    NodeInfo other = NodeInfo.joining("x", "h", 1, "model-b", 0).ready(0, List.of());
    NodeInfo draining = node("d").withState(NodeState.DRAINING);
    Placement placement = plan(8, 1, List.of(node("a"), other, draining), null);
    assertThat(placement.nodes()).containsExactly("a");
    assertThat(placement.unitsOf("a")).hasSize(8);
  }

  @Test
  void aDrainingNodeKeepsWhatItHasUntilItLeaves() {
    Placement before = plan(8, 1, nodes("a", "b"), null);
    List<NodeInfo> draining = List.of(node("a"), node("b").withState(NodeState.DRAINING));
    assertThat(plan(8, 1, draining, before)).isSameAs(before);
  }

  @Test
  void aRouterThatForgotGoesOnFromWhatNodesHold() {
    List<NodeInfo> holding =
        List.of(node("a").ready(7, List.of(1, 3, 5, 7)), node("b").ready(7, List.of(0, 2, 4, 6)));
    Placement placement = plan(8, 1, holding, null);
    assertThat(placement.epoch()).isEqualTo(8);
    assertThat(placement.unitsOf("a")).containsExactly(1, 3, 5, 7);
    assertThat(placement.unitsOf("b")).containsExactly(0, 2, 4, 6);
  }

  @Test
  void moreCopiesThanBeforeAreSpreadAnew() {
    Placement one = plan(8, 1, nodes("a", "b"), null);
    Placement two = plan(8, 2, nodes("a", "b"), one);
    assertThat(two.holders()).allMatch(holders -> holders.size() == 2);
    assertThat(two.epoch()).isEqualTo(2);
  }

  @Test
  void noNodesAtAllIsAPlacementWithEverythingGone() {
    assertThat(plan(4, 1, List.of(), null).gone()).containsExactly(0, 1, 2, 3);
  }

  @Test
  void aModelWithoutExpertsIsAPlacementOfNothing() {
    Placement placement = plan(0, 2, nodes("a", "b"), null);
    assertThat(placement.nodes()).containsExactly("a", "b");
    assertThat(placement.complete()).isTrue();
    assertThat(placement.unitsOf("a")).isEmpty();
    assertThat(plan(0, 2, nodes("a", "b"), placement)).isSameAs(placement);
  }

  @Test
  void largeClustersArePlannedQuickly() {
    List<NodeInfo> there = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      there.add(node("n%02d".formatted(i)));
    }
    long start = System.nanoTime();
    Placement placement = plan(256, 2, there, null);
    assertThat(placement.complete()).isTrue();
    assertThat((System.nanoTime() - start) / 1_000_000).isLessThan(5_000);
  }

  @Test
  void impossibleRequestsSayWhy() {
    assertThatThrownBy(() -> plan(-1, 1, List.of(), null)).hasMessageContaining("-1 units");
  }

  private static Placement plan(int experts, int copies, List<NodeInfo> nodes, Placement previous) {
    return PlacementPlanner.plan(
        new PlacementRequest(MODEL, experts, copies, nodes, Optional.ofNullable(previous)));
  }
}
