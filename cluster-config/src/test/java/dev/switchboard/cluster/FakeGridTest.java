package dev.switchboard.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.cluster.testing.FakeGrid;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The fake behaves as the grid does: listeners, leader, placement, loss. */
class FakeGridTest {
  private final FakeGrid grid = new FakeGrid();

  @Test
  void listenersSeeTheViewNowAndEveryChange() {
    List<Long> versions = new ArrayList<>();
    grid.onChange(view -> versions.add(view.version()));
    grid.announce(Nodes.node("a"));
    grid.announce(Nodes.node("a").withState(NodeState.READY));
    assertThat(versions).hasSize(3).isSorted();
    assertThat(grid.view().nodes()).hasSize(1);
  }

  @Test
  void anAddedExpertIsOneMoreUnitAndMovesNoOther() {
    ExpertUnits units = new ExpertUnits(List.of(new ExpertUnits.Layer(0, 4)), List.of(1));
    grid.keepPlacement(
        Keepers.of(
            view -> units.with(view.experts().added().size()).count(),
            1,
            2,
            Duration.ofMillis(100)));
    grid.announce(Nodes.node("a"));
    grid.announce(Nodes.node("b"));
    Placement first = grid.view().placement().orElseThrow();
    ExpertBook.Added expert = new ExpertBook.Added("go", 4, "aa", "/x");
    assertThat(grid.changeExperts(book -> book.with(Nodes.MODEL, expert)))
        .isCompletedWithValue(grid.view().experts());
    Placement second = grid.view().placement().orElseThrow();
    assertThat(second.holders().subList(0, 5)).isEqualTo(first.holders());
    assertThat(second.replicas(5)).hasSize(1);
    assertThat(second.added()).isEqualTo(1);
    assertThat(second.firstAdded()).isEqualTo(5);
    assertThat(
            grid.changeExperts(book -> {
              throw new IllegalStateException("taken");
            }))
        .isCompletedExceptionally();
    grid.changeExperts(ExpertBook::withoutLast);
    assertThat(grid.view().placement().orElseThrow().holders()).isEqualTo(first.holders());
  }

  @Test
  void aKeeperPlacesAndAnswersLosses() {
    grid.keepPlacement(Keepers.of(4, 1, 2, Duration.ofMillis(100)));
    grid.announce(Nodes.node("a"));
    assertThat(grid.view().placement()).isEmpty();
    grid.announce(Nodes.node("b"));
    Placement first = grid.view().placement().orElseThrow();
    assertThat(grid.view().complete()).isFalse();
    grid.announce(Nodes.node("a").ready(first.epoch(), first.unitsOf("a")));
    grid.announce(Nodes.node("b").ready(first.epoch(), first.unitsOf("b")));
    assertThat(grid.view().complete()).isTrue();
    assertThat(grid.view().readyHolders(0)).hasSize(1);
    grid.lose("b");
    assertThat(grid.view().complete()).isFalse();
    assertThat(grid.view().placement().orElseThrow().gone()).isEqualTo(first.unitsOf("b"));
    grid.announce(Nodes.node("c"));
    assertThat(grid.view().placement().orElseThrow().complete()).isTrue();
    grid.announce(Nodes.node("d"));
    grid.advance(Duration.ofMillis(100));
    assertThat(grid.view().placement().orElseThrow().nodes()).containsExactly("a", "c", "d");
  }

  @Test
  void theOldestRouterLeads() {
    grid.announce(new RouterInfo("r1", "h", 1, 1, "m", true, false));
    grid.announce(new RouterInfo("r2", "h", 2, 2, "m", false, true));
    assertThat(grid.view().routers()).extracting(RouterInfo::leader).containsExactly(true, false);
    grid.lose("r1");
    assertThat(grid.view().routers().getFirst().leader()).isTrue();
  }

  @Test
  void aPlacementAnswersForItsUnitsAlone() {
    Placement placement =
        new Placement(1, "m", 2, 1, List.of("a"), List.of(List.of("a"), List.of()));
    assertThat(placement.replicas(0)).containsExactly("a");
    assertThat(placement.replicas(9)).isEmpty();
    assertThat(placement.unitsOf("a")).containsExactly(0);
    assertThat(placement.gone()).containsExactly(1);
  }
}
