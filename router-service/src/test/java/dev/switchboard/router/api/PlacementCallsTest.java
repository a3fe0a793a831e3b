package dev.switchboard.router.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.cluster.NodeInfo;
import dev.switchboard.cluster.PlacementKeeper;
import dev.switchboard.cluster.PlacementRules;
import dev.switchboard.cluster.settings.AccessKeys;
import dev.switchboard.cluster.testing.FakeGrid;
import dev.switchboard.proto.v1.MarkNodeRequest;
import dev.switchboard.proto.v1.MarkedNode;
import dev.switchboard.proto.v1.NodeMark;
import dev.switchboard.proto.v1.PlacementChange;
import dev.switchboard.proto.v1.PlacementReport;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PlacementCallsTest {
  private static final String MODEL = "m";

  private final FakeGrid grid = new FakeGrid();
  private final PlacementCalls calls =
      new PlacementCalls(
          grid, new ExpertMasks(AccessKeys.OPEN, () -> grid.view().experts(), List.of()));

  @BeforeEach
  void start() {
    grid.announce(NodeInfo.joining("a", "127.0.0.1", 1, MODEL, 0));
    grid.announce(NodeInfo.joining("b", "127.0.0.1", 2, MODEL, 0));
    PlacementRules rules =
        new PlacementRules(1, 2, 0, Duration.ofSeconds(1), Duration.ofDays(1), Duration.ZERO);
    grid.keepPlacement(new PlacementKeeper(MODEL, view -> 4, rules, Map::of));
  }

  @Test
  void aDrainedNodeIsMarkedAndEmptiedAndTheHistoryTellsWhy() {
    PlacementReport report = mark("127.0.0.1:2", NodeMark.NODE_MARK_DRAINED);
    MarkedNode marked = report.getMarks(0);
    assertThat(marked.getNode()).isEqualTo("b");
    assertThat(marked.getMark()).isEqualTo(NodeMark.NODE_MARK_DRAINED);
    assertThat(marked.getWho()).isEqualTo("anna");
    assertThat(marked.getWhy()).hasSize(200);
    assertThat(grid.view().placement().orElseThrow().unitsOf("b")).isEmpty();

    PlacementReport now = calls.read();
    assertThat(now.getEpoch()).isEqualTo(2);
    assertThat(now.getHistoryList())
        .extracting(decision -> decision.getWhy())
        .containsExactly("the first placement", "leaving: b");
    assertThat(now.getHistory(1).getLoads()).isEqualTo(2);
    assertThat(now.getHistory(1).getChangesList())
        .extracting(PlacementChange::getWhy)
        .containsOnly("drained");
  }

  @Test
  void aMarkIsTakenBack() {
    mark("a", NodeMark.NODE_MARK_CORDONED);
    assertThat(mark("a", NodeMark.NODE_MARK_UNSPECIFIED).getMarksCount()).isZero();
  }

  @Test
  void aWishIsCounted() {
    calls.rebalance();
    assertThat(grid.view().book().wishes()).isEqualTo(1);
  }

  @Test
  void anUnknownNodeIsNamedWithThoseThatThereAre() {
    assertThatThrownBy(() -> mark("c", NodeMark.NODE_MARK_CORDONED))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("no node c")
        .hasMessageContaining("[a, b]");
    assertThatThrownBy(() -> mark("", NodeMark.NODE_MARK_CORDONED))
        .hasMessageContaining("none is named");
  }

  private PlacementReport mark(String node, NodeMark mark) {
    return calls.mark(
        MarkNodeRequest.newBuilder()
            .setNode(node)
            .setMark(mark)
            .setWho("anna")
            .setWhy("x".repeat(300))
            .build());
  }
}
