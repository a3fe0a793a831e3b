package dev.switchboard.router.api;

import dev.switchboard.cluster.ClusterView;
import dev.switchboard.cluster.Decision;
import dev.switchboard.cluster.Grid;
import dev.switchboard.cluster.NodeBook;
import dev.switchboard.cluster.NodeInfo;
import dev.switchboard.cluster.Placement;
import dev.switchboard.cluster.plan.Plan;
import dev.switchboard.proto.v1.MarkNodeRequest;
import dev.switchboard.proto.v1.MarkedNode;
import dev.switchboard.proto.v1.NodeMark;
import dev.switchboard.proto.v1.PlacementChange;
import dev.switchboard.proto.v1.PlacementDecision;
import dev.switchboard.proto.v1.PlacementReport;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Calls about nodes and the placement; the leading router does what follows from them. */
public final class PlacementCalls {
  private static final int MOST_CHARACTERS = 200;

  private final Grid grid;
  private final ExpertMasks masks;

  public PlacementCalls(Grid grid, ExpertMasks masks) {
    this.grid = grid;
    this.masks = masks;
  }

  /**
   * @throws AccessException if the caller may not
   * @throws InvalidRequestException if there is no such node
   */
  PlacementReport mark(MarkNodeRequest request) {
    masks.requireAdmin();
    ClusterView view = grid.view();
    String node = require(view, request.getNode());
    Optional<NodeBook.Use> use = use(request.getMark());
    Set<String> live = view.nodes().stream().map(NodeInfo::id).collect(Collectors.toSet());
    String who = bounded(request.getWho());
    String why = bounded(request.getWhy());
    NodeBook book =
        BookChanges.await(
            grid.changeNodes(before ->
                use.map(as ->
                        before.marking(node, new NodeBook.Mark(as, who, Instant.now(), why), live))
                    .orElseGet(() -> before.unmarking(node))));
    return report(view, book);
  }

  /**
   * @throws AccessException if the caller may not
   */
  PlacementReport rebalance() {
    masks.requireAdmin();
    ClusterView view = grid.view();
    return report(view, BookChanges.await(grid.changeNodes(NodeBook::wishing)));
  }

  PlacementReport read() {
    ClusterView view = grid.view();
    return report(view, view.book());
  }

  private static String require(ClusterView view, String named) {
    List<String> found =
        view.nodes().stream()
            .filter(node -> node.id().equals(named) || node.address().equals(named))
            .map(NodeInfo::id)
            .toList();
    Optional<NodeInfo> other =
        view.others().nodes().stream()
            .filter(node -> node.id().equals(named) || node.address().equals(named))
            .findFirst();
    if (other.isPresent()) {
      throw new InvalidRequestException(
          "node: %s is of another version, %s; routers there: %s"
              .formatted(named, other.get().version(), view.others().routersInWords()));
    }
    if (found.size() != 1) {
      throw new InvalidRequestException(
          "node: %s; there are %s"
              .formatted(
                  named.isEmpty() ? "none is named" : "no node " + named,
                  view.nodes().stream().map(NodeInfo::id).toList()));
    }
    return found.getFirst();
  }

  private static String bounded(String text) {
    return text.substring(0, Math.min(text.length(), MOST_CHARACTERS));
  }

  private static Optional<NodeBook.Use> use(NodeMark mark) {
    return switch (mark) {
      case NODE_MARK_UNSPECIFIED -> Optional.empty();
      case NODE_MARK_CORDONED -> Optional.of(NodeBook.Use.CORDONED);
      case NODE_MARK_DRAINED -> Optional.of(NodeBook.Use.DRAINED);
      case UNRECOGNIZED -> throw new InvalidRequestException("mark: unknown to this router");
    };
  }

  static NodeMark mark(Optional<NodeBook.Use> use) {
    if (use.isEmpty()) {
      return NodeMark.NODE_MARK_UNSPECIFIED;
    }
    return switch (use.get()) {
      case CORDONED -> NodeMark.NODE_MARK_CORDONED;
      case DRAINED -> NodeMark.NODE_MARK_DRAINED;
    };
  }

  private static PlacementReport report(ClusterView view, NodeBook book) {
    PlacementReport.Builder report =
        PlacementReport.newBuilder().setEpoch(view.placement().map(Placement::epoch).orElse(0L));
    book.marks()
        .forEach((node, mark) ->
            report.addMarks(
                MarkedNode.newBuilder()
                    .setNode(node)
                    .setMark(mark(Optional.of(mark.use())))
                    .setWho(mark.who())
                    .setWhy(mark.why())
                    .setAtMillis(mark.when().toEpochMilli())));
    book.history().forEach(decision -> report.addHistory(decision(decision)));
    return report.build();
  }

  private static PlacementDecision decision(Decision decision) {
    PlacementDecision.Builder told =
        PlacementDecision.newBuilder()
            .setEpoch(decision.epoch())
            .setRouter(decision.by())
            .setAtMillis(decision.when().toEpochMilli())
            .setWhy(decision.why())
            .setLoads(decision.loads())
            .setDrops(decision.drops())
            .setBalanceBefore(decision.before())
            .setBalanceAfter(decision.after());
    for (Plan.Change change : decision.changes()) {
      told.addChanges(
          PlacementChange.newBuilder()
              .setUnit(change.item())
              .setNode(change.node())
              .setComes(change.comes())
              .setWhy(change.why().name().toLowerCase(Locale.ROOT)));
    }
    return told.build();
  }
}
