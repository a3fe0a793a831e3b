package dev.switchboard.cluster;

import static dev.switchboard.cluster.Nodes.node;
import static dev.switchboard.cluster.Nodes.nodes;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PlacementKeeperTest {
  private static final Duration SETTLE = Duration.ofMillis(200);

  private final PlacementKeeper keeper = Keepers.of(8, 1, 2, SETTLE);
  private long nowNanos = 1_000_000_000;
  private Optional<Placement> placement = Optional.empty();

  @Test
  void theFirstPlacementWaitsForEnoughNodes() {
    assertThat(decide(nodes("a"))).isFalse();
    assertThat(decide(nodes("a", "b"))).isTrue();
    assertThat(placement.orElseThrow().complete()).isTrue();
    assertThat(decide(nodes("a", "b"))).isFalse();
  }

  @Test
  void nodesThatStillHoldEverythingAreEnough() {
    assertThat(decide(List.of(node("a").ready(3, List.of(0, 1, 2, 3, 4, 5, 6, 7))))).isTrue();
    assertThat(placement.orElseThrow().epoch()).isEqualTo(4);
  }

  @Test
  void aModelWithoutExpertsWaitsForItsNodesToo() {
    PlacementKeeper none = Keepers.of(0, 1, 2, SETTLE);
    assertThat(none.decide(view(nodes("a")), 0)).isEmpty();
    assertThat(none.decide(view(nodes("a", "b")), 0)).isPresent();
  }

  @Test
  void aLossIsAnsweredAtOnce() {
    decide(nodes("a", "b"));
    assertThat(decide(nodes("a"))).isTrue();
    assertThat(placement.orElseThrow().gone()).hasSize(4);
  }

  @Test
  void newcomersAreWaitedForUntilNoMoreCome() {
    decide(nodes("a", "b"));
    assertThat(decide(nodes("a", "b", "c"))).isFalse();
    pass(150);
    assertThat(decide(nodes("a", "b", "c", "d"))).isFalse();
    pass(150);
    assertThat(decide(nodes("a", "b", "c", "d"))).isFalse();
    pass(50);
    assertThat(decide(nodes("a", "b", "c", "d"))).isTrue();
    assertThat(placement.orElseThrow().unitsOf("d")).hasSize(2);
    assertThat(placement.orElseThrow().epoch()).isEqualTo(2);
  }

  @Test
  void aLossIsNotHeldUpByANewcomer() {
    decide(nodes("a", "b", "c"));
    Placement before = placement.orElseThrow();
    PlacementKeeper twoCopies = Keepers.of(8, 1, 1, SETTLE);
    Optional<Placement> next =
        twoCopies.decide(
            new ClusterView(nodes("a", "b", "new"), List.of(), placement, 1), nowNanos);
    assertThat(next).isPresent();
    assertThat(next.get().gone()).isEqualTo(before.unitsOf("c"));
    assertThat(next.get().nodes()).containsExactly("a", "b");
  }

  @Test
  void whileAnExpertIsGoneANewcomerIsNotWaitedFor() {
    decide(nodes("a", "b"));
    decide(nodes("a"));
    assertThat(decide(nodes("a", "c"))).isTrue();
    assertThat(placement.orElseThrow().complete()).isTrue();
  }

  @Test
  void aRouterThatSeesNobodyDecidesNothing() {
    decide(nodes("a", "b"));
    Placement before = placement.orElseThrow();
    assertThat(decide(List.of())).isFalse();
    assertThat(decide(nodes("new"))).isTrue();
    assertThat(placement.orElseThrow().epoch()).isEqualTo(before.epoch() + 1);
    assertThat(placement.orElseThrow().complete()).isTrue();
  }

  @Test
  void besideAnotherVersionOneNodeIsEnoughToBegin() {
    ClusterView.Others others = new ClusterView.Others(nodes("old"), List.of());
    ClusterView view =
        new ClusterView(
            nodes("a"), List.of(), Optional.empty(), ExpertBook.EMPTY, NodeBook.EMPTY, others, 1);
    assertThat(keeper.decide(view, nowNanos)).isPresent();
  }

  private boolean decide(List<NodeInfo> nodes) {
    Optional<Placement> next =
        keeper.decide(new ClusterView(nodes, List.of(), placement, 1), nowNanos);
    next.ifPresent(p -> placement = next);
    return next.isPresent();
  }

  private ClusterView view(List<NodeInfo> nodes) {
    return new ClusterView(nodes, List.of(), placement, 1);
  }

  private void pass(long millis) {
    nowNanos += Duration.ofMillis(millis).toNanos();
  }
}
