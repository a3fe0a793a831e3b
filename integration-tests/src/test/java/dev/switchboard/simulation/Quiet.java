package dev.switchboard.simulation;

import dev.switchboard.cluster.ClusterView;
import dev.switchboard.cluster.NodeInfo;
import dev.switchboard.cluster.Placement;
import java.util.List;
import java.util.TreeSet;

/**
 * What must be when the faults have been over for a while: one grid, one placement that everybody
 * has reached and that stays, nobody out, every request answered, every token counted once.
 */
final class Quiet {
  private final World world;
  private final Cluster cluster;
  private long lossesBefore;
  private long epochBefore;
  private long slotsBefore;

  Quiet(Cluster cluster) {
    this.cluster = cluster;
    this.world = cluster.world();
  }

  /** Whether every unit has its copies where the placement says, as its leader sees it. */
  boolean settled() {
    ClusterView view = cluster.routers().getFirst().grid().view();
    int copies = Math.min(cluster.replicas(), cluster.nodes().size());
    return view.nodes().size() == cluster.nodes().size()
        && view.placement()
            .filter(made -> made.holders().stream().allMatch(held -> held.size() >= copies))
            .filter(made -> view.nodes().stream().allMatch(node -> follows(node, made)))
            .isPresent();
  }

  private static boolean follows(NodeInfo node, Placement made) {
    return node.heldEpoch() == made.epoch() && node.heldUnits().equals(made.unitsOf(node.id()));
  }

  /** From here on nothing may be lost, and nothing moved. */
  void begins() {
    lossesBefore = cluster.losses();
    slotsBefore = cluster.oracle().slots();
    epochBefore = epoch();
  }

  private long epoch() {
    return cluster.routers().getFirst().grid().view().placement().map(Placement::epoch).orElse(0L);
  }

  /** Looks at everything. */
  void check() {
    expect(cluster.grids().count() == 1, "there are " + cluster.grids().count() + " grids");
    expect(cluster.losses() == lossesBefore, "experts are lost, though nothing is wrong");
    expect(cluster.oracle().slots() > slotsBefore, "nothing is answered any more");
    if (!cluster.rebalances()) {
      expect(epoch() == epochBefore, "the placement goes on changing");
    }
    cluster.routers().forEach(this::check);
    checkLoads();
  }

  private void check(RouterProcess router) {
    ClusterView view = router.grid().view();
    String name = router.process().name();
    expect(
        view.nodes().size() == cluster.nodes().size(),
        name + " sees " + view.nodes().size() + " nodes of " + cluster.nodes().size());
    expect(view.routers().size() == cluster.routers().size(), name + " misses routers");
    expect(
        view.routers().stream().filter(each -> each.leader()).count() == 1,
        name + " sees no leader, or several");
    expect(view.placement().isPresent(), name + " knows no placement");
    view.placement().ifPresent(placement -> check(router, view, placement));
    // Who holds nothing is asked nothing, so nobody finds out that it is well.
    long idle = view.nodes().stream().filter(node -> node.heldUnits().isEmpty()).count();
    long out = router.dispatch().health().ejected();
    expect(out <= idle, name + " has " + out + " nodes out");
  }

  private void check(RouterProcess router, ClusterView view, Placement placement) {
    String name = router.process().name();
    int copies = Math.min(cluster.replicas(), cluster.nodes().size());
    for (int unit = 0; unit < placement.units(); unit++) {
      List<String> holders = placement.replicas(unit);
      expect(holders.size() >= copies, "unit " + unit + " has only " + holders + ", see " + name);
      TreeSet<String> sendable = new TreeSet<>(router.dispatch().holders(0, unit));
      if (!cluster.rebalances()) {
        expect(
            sendable.equals(new TreeSet<>(holders)),
            "%s sends unit %d to %s, the placement says %s"
                .formatted(name, unit, sendable, holders));
      }
    }
    for (NodeInfo node : view.nodes()) {
      expect(
          follows(node, placement) || cluster.rebalances(),
          "%s holds %s of epoch %d; the placement gives it %s of epoch %d"
              .formatted(
                  node.id(),
                  node.heldUnits(),
                  node.heldEpoch(),
                  placement.unitsOf(node.id()),
                  placement.epoch()));
    }
  }

  /** Where no data was lost the grid knows of every token of those that run or left in order. */
  private void checkLoads() {
    if (cluster.grids().dataLost()) {
      return;
    }
    long routed = 0;
    for (RouterProcess router : cluster.routers()) {
      routed += router.load().tokensRouted();
    }
    for (RouterProcess router : cluster.left()) {
      if (!router.grid().leftInOrder()) {
        return;
      }
      routed += router.load().tokensRouted();
    }
    long told = cluster.routers().getFirst().grid().loads().total().tokensRouted();
    // What those had told that were killed is kept.
    long most = routed;
    for (RouterProcess router : cluster.killed()) {
      most += router.load().tokensRouted();
    }
    expect(
        told >= routed && told <= most,
        "the grid counts %d tokens, %d to %d were routed".formatted(told, routed, most));
  }

  private void expect(boolean holds, String otherwise) {
    if (!holds) {
      world.violated(() -> otherwise);
    }
  }
}
