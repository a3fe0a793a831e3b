package dev.switchboard.cluster;

import static dev.switchboard.cluster.Nodes.MODEL;
import static dev.switchboard.cluster.Nodes.node;
import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.cluster.NodeBook.Mark;
import dev.switchboard.cluster.NodeBook.Use;
import dev.switchboard.cluster.testing.FakeGrid;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The keeper with loads, marks and repair, on a grid that does everything at once. */
class PlacementKeeperLoadTest {
  private static final Duration SETTLE = Duration.ofMillis(100);
  private static final Duration REPAIR = Duration.ofSeconds(2);
  private static final Duration EVERY = Duration.ofSeconds(10);
  private static final int UNITS = 8;

  private final FakeGrid grid = new FakeGrid();
  private final long[] tokens = new long[UNITS];
  private int units = UNITS;

  @BeforeEach
  void keep() {
    grid.announce(node("a"));
    grid.announce(node("b"));
    grid.announce(node("c"));
    keep(1, 0);
  }

  private void keep(int replicas, int hot) {
    PlacementRules rules = new PlacementRules(replicas, 2, hot, SETTLE, REPAIR, EVERY);
    grid.keepPlacement(
        new PlacementKeeper(MODEL, view -> units, rules, () -> Map.of("r", tokens.clone())));
  }

  @Test
  void whatALostNodeHeldIsGoneForAWhileAndThenLoadedByOthers() {
    List<Integer> held = placement().unitsOf("c");
    grid.lose("c");
    assertThat(placement().gone()).isEqualTo(held);
    assertThat(placement().decision().why()).isEqualTo("lost: c");
    assertThat(placement().decision().drops()).isEqualTo(held.size());
    grid.advance(Duration.ofMillis(1900));
    assertThat(placement().gone()).isEqualTo(held);
    grid.advance(Duration.ofMillis(100));
    assertThat(placement().complete()).isTrue();
    assertThat(placement().decision().why()).isEqualTo("too few copies");
    assertThat(placement().decision().loads()).isEqualTo(held.size());
  }

  @Test
  void aNodeThatLeavesHandsOverAtOnceAndNothingElseMoves() {
    Placement before = placement();
    grid.announce(node("b").withState(NodeState.DRAINING));
    Placement after = placement();
    assertThat(after.unitsOf("b")).isEmpty();
    assertThat(after.unitsOf("a")).containsAll(before.unitsOf("a"));
    assertThat(after.unitsOf("c")).containsAll(before.unitsOf("c"));
    assertThat(after.complete()).isTrue();
    assertThat(after.decision().why()).isEqualTo("leaving: b");
  }

  @Test
  void aMarkEmptiesANodeAndWithoutItItIsUsedAgain() {
    mark("b", Use.DRAINED);
    assertThat(placement().unitsOf("b")).isEmpty();
    assertThat(placement().complete()).isTrue();
    grid.changeNodes(book -> book.unmarking("b"));
    assertThat(placement().unitsOf("b")).isEmpty();
    follow();
    grid.changeNodes(NodeBook::wishing);
    assertThat(placement().unitsOf("b")).hasSizeBetween(2, 3);
  }

  @Test
  void theLastNodeKeepsWhatNobodyElseCanTake() {
    mark("a", Use.DRAINED);
    mark("b", Use.DRAINED);
    mark("c", Use.DRAINED);
    assertThat(placement().complete()).isTrue();
    long epoch = placement().epoch();
    grid.advance(Duration.ofSeconds(5));
    assertThat(placement().epoch()).isEqualTo(epoch);
  }

  @Test
  void aCordonedNodeKeepsWhatItHasAndGetsNothing() {
    List<Integer> held = placement().unitsOf("a");
    mark("a", Use.CORDONED);
    grid.lose("c");
    grid.advance(REPAIR);
    assertThat(placement().unitsOf("a")).isEqualTo(held);
    assertThat(placement().unitsOf("b")).hasSize(UNITS - held.size());
  }

  @Test
  void loadIsEvenedFromTimeToTimeWithinTheBudget() {
    follow();
    Placement before = placement();
    for (int unit : before.unitsOf("a")) {
      tokens[unit] += 1000;
    }
    grid.advance(EVERY.minusMillis(1));
    assertThat(placement()).isEqualTo(before);
    for (int unit : before.unitsOf("a")) {
      tokens[unit] += 1000;
    }
    grid.advance(Duration.ofMillis(1));
    Placement after = placement();
    assertThat(after.decision().why()).isEqualTo("load");
    assertThat(after.decision().loads()).isBetween(1, 2);
    assertThat(after.decision().after()).isGreaterThan(after.decision().before());
    assertThat(grid.view().book().history()).endsWith(after.decision());
  }

  @Test
  void aSlowNodeGetsLess() {
    Map<String, Double> speeds = new HashMap<>();
    PlacementRules rules = new PlacementRules(1, 2, 0, SETTLE, REPAIR, EVERY);
    grid.keepPlacement(
        new PlacementKeeper(
            MODEL, view -> units, rules, () -> Map.of("r", tokens.clone()), () -> speeds));
    follow();
    Arrays.fill(tokens, 1000);
    grid.advance(EVERY);
    assertThat(placement().decision().why()).isEqualTo("the first placement");
    speeds.put("a", 0.25);
    int before = placement().unitsOf("a").size();
    for (int i = 1; i <= 3; i++) {
      Arrays.fill(tokens, 1000L + 1000L * i);
      grid.advance(EVERY);
      follow();
    }
    assertThat(placement().unitsOf("a").size()).isLessThan(before);
    assertThat(placement().decision().why()).isEqualTo("load");
  }

  @Test
  void anEvenLoadMovesNothing() {
    follow();
    Placement before = placement();
    Arrays.fill(tokens, 500);
    grid.advance(EVERY);
    grid.advance(EVERY);
    assertThat(placement()).isEqualTo(before);
  }

  @Test
  void anAddedExpertMovesNoOtherAndKeepsADrainedNodeInPlace() {
    mark("b", Use.DRAINED);
    Placement before = placement();
    units = UNITS + 1;
    grid.advance(Duration.ofMillis(1));
    Placement after = placement();
    assertThat(after.holders().subList(0, UNITS)).isEqualTo(before.holders());
    assertThat(after.replicas(UNITS)).hasSize(1).doesNotContain("b");
    assertThat(after.nodes()).containsExactly("a", "b", "c");
    assertThat(after.decision().why()).isEqualTo("experts were added or removed");
    assertThat(after.decision().loads()).isEqualTo(1);
    units = UNITS - 2;
    grid.advance(Duration.ofMillis(1));
    assertThat(placement().holders()).isEqualTo(before.holders().subList(0, UNITS - 2));
    assertThat(placement().nodes()).contains("b");
  }

  @Test
  void otherReplicasLeaveWhatIsThereAndACordonedNodeAsItIs() {
    Placement before = placement();
    mark("a", Use.CORDONED);
    keep(2, 0);
    Placement two = placement();
    assertThat(two.unitsOf("a")).isEqualTo(before.unitsOf("a"));
    for (int unit = 0; unit < UNITS; unit++) {
      assertThat(two.replicas(unit)).hasSize(2).containsAll(before.replicas(unit));
    }
    assertThat(two.decision().why()).isEqualTo("other replicas wanted");
    keep(1, 0);
    assertThat(placement().holders()).allSatisfy(ids -> assertThat(ids).hasSize(1));
    assertThat(placement().copies()).isEqualTo(1);
    long epoch = placement().epoch();
    grid.advance(Duration.ofMillis(1));
    assertThat(placement().epoch()).isEqualTo(epoch);
  }

  @Test
  void replicasThatHaveNoRoomAreAskedForOnce() {
    keep(3, 0);
    keep(4, 0);
    assertThat(placement().copies()).isEqualTo(4);
    long epoch = placement().epoch();
    grid.advance(REPAIR);
    grid.advance(REPAIR);
    assertThat(placement().epoch()).isEqualTo(epoch);
  }

  @Test
  void aNewcomerIsGivenItsPartByLoad() {
    Arrays.fill(tokens, 100);
    grid.advance(Duration.ofSeconds(1));
    Arrays.fill(tokens, 300);
    grid.announce(node("d"));
    grid.advance(SETTLE);
    assertThat(placement().nodes()).contains("d");
    assertThat(placement().unitsOf("d")).hasSize(2);
    assertThat(placement().decision().why()).isEqualTo("joined: d");
  }

  @Test
  void aNewcomerGetsItsPartThoughOneUnitAloneMakesANodeTheBusiest() {
    tokens[placement().unitsOf("a").getFirst()] = 10;
    grid.advance(Duration.ofSeconds(1));
    tokens[placement().unitsOf("a").getFirst()] = 100_000;
    grid.advance(Duration.ofSeconds(1));
    grid.announce(node("d"));
    grid.advance(SETTLE);
    for (String id : List.of("b", "c", "d")) {
      assertThat(placement().unitsOf(id)).hasSizeBetween(1, 2);
    }
  }

  @Test
  void nothingIsLoadedBeyondANodesMemoryWhileOthersHaveRoom() {
    grid.announce(node("a").withMemoryFor(3));
    follow();
    grid.lose("c");
    grid.advance(REPAIR);
    assertThat(placement().complete()).isTrue();
    assertThat(placement().unitsOf("a")).hasSize(3);
    assertThat(placement().unitsOf("b")).hasSize(5);
  }

  @Test
  void whatDoesNotFitIntoAnyMemorySleepsOnDisk() {
    grid.announce(node("a").withMemoryFor(3));
    grid.announce(node("b").withMemoryFor(3));
    follow();
    grid.lose("c");
    grid.advance(REPAIR);
    assertThat(placement().complete()).isTrue();
    assertThat(placement().unitsOf("a").size() + placement().unitsOf("b").size()).isEqualTo(UNITS);
  }

  @Test
  void busyUnitsGetTheCopiesThatAreToSpare() {
    keep(1, 2);
    follow();
    tokens[3] = 100;
    grid.advance(EVERY);
    follow();
    tokens[3] = 10_000;
    grid.advance(EVERY);
    follow();
    grid.changeNodes(NodeBook::wishing);
    assertThat(placement().replicas(3)).hasSize(3);
  }

  @Test
  void nothingMovesForTheLoadUntilWhatWasDecidedBeforeIsInPlace() {
    follow();
    tokens[placement().unitsOf("a").getFirst()] = 10_000;
    tokens[placement().unitsOf("a").getLast()] = 10_000;
    grid.advance(Duration.ofSeconds(1));
    grid.changeNodes(NodeBook::wishing);
    Placement decided = placement();
    assertThat(decided.decision().why()).isEqualTo("asked for");
    tokens[decided.unitsOf("b").getFirst()] += 90_000;
    tokens[decided.unitsOf("b").getLast()] += 90_000;
    grid.changeNodes(NodeBook::wishing);
    grid.advance(EVERY);
    grid.advance(EVERY);
    assertThat(placement()).isEqualTo(decided);
    for (NodeInfo node : grid.view().nodes()) {
      grid.announce(node.ready(decided.epoch(), List.of(0, 1, 2, 3, 4, 5, 6, 7)));
    }
    grid.advance(EVERY);
    assertThat(placement()).isEqualTo(decided);
    follow();
    assertThat(placement().epoch()).isEqualTo(decided.epoch() + 1);
  }

  @Test
  void marksOfNodesThatAreGoneAreForgotten() {
    mark("b", Use.CORDONED);
    grid.lose("b");
    mark("a", Use.CORDONED);
    assertThat(grid.view().book().marks()).containsOnlyKeys("a");
  }

  @Test
  void historyIsBounded() {
    NodeBook book = NodeBook.EMPTY;
    for (int i = 1; i <= 200; i++) {
      book = book.recording(Decision.NONE.made(i, "r", Instant.EPOCH));
    }
    assertThat(book.history()).hasSize(NodeBook.MOST_DECISIONS);
    assertThat(book.history().getLast().epoch()).isEqualTo(200);
    assertThat(book.recording(book.history().getLast())).isSameAs(book);
  }

  @Test
  void whatHasNoRoomIsLookedForOnceAndAgainWhenThereIsSome() {
    FakeGrid small = new FakeGrid();
    small.announce(node("a", 4));
    small.announce(node("b", 4));
    PlacementRules rules = new PlacementRules(1, 2, 0, SETTLE, REPAIR, EVERY);
    PlacementKeeper keeper = new PlacementKeeper(MODEL, view -> UNITS, rules, Map::of);
    small.keepPlacement(keeper);
    small.lose("b");
    small.advance(REPAIR);
    assertThat(small.view().placement().orElseThrow().gone()).hasSize(4);
    long epoch = small.view().placement().orElseThrow().epoch();
    int before = keeper.plans();
    for (int i = 0; i < 50; i++) {
      small.advance(Duration.ofMillis(100));
    }
    assertThat(keeper.plans() - before).isLessThanOrEqualTo(1);
    assertThat(small.view().placement().orElseThrow().epoch()).isEqualTo(epoch);
    small.announce(node("a", 6).ready(epoch, List.of()));
    assertThat(small.view().placement().orElseThrow().gone()).hasSize(2);
  }

  @Test
  void copiesAreInDifferentDomainsThoughEveryNodeHasAHostOfItsOwn() {
    FakeGrid pods = new FakeGrid();
    for (int i = 0; i < 4; i++) {
      NodeInfo pod = NodeInfo.joining("n" + i, "10.0.0." + i, 1, MODEL, 0);
      pods.announce(pod.inDomain(i < 2 ? "left" : "right"));
    }
    PlacementRules rules = new PlacementRules(2, 4, 0, SETTLE, REPAIR, EVERY);
    pods.keepPlacement(new PlacementKeeper(MODEL, view -> UNITS, rules, Map::of));
    Placement first = pods.view().placement().orElseThrow();
    for (NodeInfo node : pods.view().nodes()) {
      pods.announce(node.ready(first.epoch(), first.unitsOf(node.id())));
    }
    pods.changeNodes(NodeBook::wishing);
    assertThat(pods.view().placement().orElseThrow().holders())
        .allSatisfy(ids ->
            assertThat(ids.stream().map(id -> id.compareTo("n2") < 0).distinct()).hasSize(2));
  }

  /** Nodes come to hold what is in force. */
  private void follow() {
    Placement placement = placement();
    for (NodeInfo node : grid.view().nodes()) {
      grid.announce(node.ready(placement.epoch(), placement.unitsOf(node.id())));
    }
  }

  private void mark(String node, Use use) {
    Mark mark = new Mark(use, "somebody", Instant.EPOCH, "test");
    Set<String> live = Set.of("a", "b", "c");
    grid.changeNodes(book ->
        book.marking(
            node,
            mark,
            live.stream()
                .filter(id -> grid.view().node(id).isPresent())
                .collect(java.util.stream.Collectors.toSet())));
  }

  private Placement placement() {
    return grid.view().placement().orElseThrow();
  }
}
