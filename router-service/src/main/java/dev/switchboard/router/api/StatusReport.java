package dev.switchboard.router.api;

import dev.switchboard.cluster.ClusterView;
import dev.switchboard.cluster.ExpertCounts;
import dev.switchboard.cluster.ExpertUnits;
import dev.switchboard.cluster.LoadBook;
import dev.switchboard.cluster.LoadTotals;
import dev.switchboard.cluster.NodeInfo;
import dev.switchboard.cluster.NodeLoad;
import dev.switchboard.cluster.Placement;
import dev.switchboard.cluster.RouterInfo;
import dev.switchboard.cluster.RouterLoad;
import dev.switchboard.cluster.load.LoadPicture;
import dev.switchboard.model.ExpertLayer;
import dev.switchboard.proto.v1.ClusterStatus;
import dev.switchboard.proto.v1.ExpertCounter;
import dev.switchboard.proto.v1.ExpertLoad;
import dev.switchboard.proto.v1.NodeDescription;
import dev.switchboard.proto.v1.NodeState;
import dev.switchboard.proto.v1.NodeStatus;
import dev.switchboard.proto.v1.RouterStatus;
import java.util.List;
import java.util.Map;

/**
 * One picture of the cluster from what was gathered; asks nobody.
 *
 * @param described what the nodes said of themselves just now, by id; for the others the grid's
 *     last word is taken
 */
record StatusReport(StatusSource source, ClusterView view, Map<String, NodeDescription> described) {

  ClusterStatus build() {
    RouterLoad own = source.own().get();
    LoadBook book = source.grid().loads().of(source.facts().fingerprint()).with(own);
    LoadTotals total = book.total();
    LoadPicture picture = source.picture().get();
    LoadWindows windows = new LoadWindows(source.facts(), picture);
    ClusterStatus.Builder status =
        ClusterStatus.newBuilder()
            .setClusterName(source.clusterName())
            .setModelFingerprint(source.facts().fingerprint())
            .setModelName(source.facts().plan().name())
            .setPlacementEpoch(view.placement().map(Placement::epoch).orElse(0L))
            .setTokensRouted(total.tokensRouted())
            .setTopK(source.facts().topK())
            .setAllExpertsMultiplyAdds(
                Math.multiplyExact(total.tokensRouted(), source.facts().multiplyAddsPerToken()))
            .setComplete(complete());
    long onNodes = 0;
    for (NodeInfo node : view.nodes()) {
      NodeLoad load = book.nodes().getOrDefault(node.id(), NodeLoad.none(node.id()));
      status.addNodes(
          node(node, load).toBuilder()
              .setSpeed(picture.speeds().getOrDefault(node.id(), 1.0))
              .setRefusedBatches(load.done().refusedBatches())
              .setCost(LoadWindows.cost(load.cost())));
      onNodes += multiplyAdds(node, load);
    }
    LoadTotals left = book.leftTotal();
    status
        .setExpertMultiplyAdds(onNodes + left.nodes().multiplyAdds() + total.localMultiplyAdds())
        .addAllWindows(windows.all())
        .setLeft(LoadWindows.left(left));
    for (RouterInfo router : view.routers()) {
      RouterStatus.Builder one = router(router, book);
      if (router.id().equals(own.routerId())) {
        one.setEngine(source.engine().get());
      }
      status.addRouters(one);
    }
    status.addAllVersions(new VersionCounts(view).build());
    experts(status, total.tokens(), new ExpertTimes(book.uses().values()));
    return status.build();
  }

  /** Placed, and connected: a node that the grid knows may not have greeted this router yet. */
  private boolean complete() {
    return source.localExperts()
        || units().count() == 0
        || (view.complete() && source.complete().getAsBoolean());
  }

  private ExpertUnits units() {
    return source.facts().allUnits();
  }

  private NodeStatus node(NodeInfo node, NodeLoad load) {
    NodeStatus.Builder status =
        NodeStatus.newBuilder()
            .setId(node.id())
            .setAddress(node.address())
            .setPid(node.pid())
            .setState(state(node))
            .setPlacementEpoch(node.heldEpoch())
            .setUnitsHeld(node.heldUnits().size())
            .setUnitsPlaced(view.placement().map(p -> p.unitsOf(node.id()).size()).orElse(0))
            .setSoftware(node.speaks().software())
            .setProtocol(source.protocol().applyAsInt(node.id()))
            .setMark(PlacementCalls.mark(view.book().use(node.id())))
            .setExpertsHeld(
                node.heldUnits().stream()
                    .filter(unit -> unit < units().count())
                    .mapToInt(unit -> units().members(unit).size())
                    .sum());
    NodeDescription now = described.get(node.id());
    if (now == null) {
      return status
          .setQueuedBatches(load.queuedBatches())
          .setOutstandingTokens(load.outstandingTokens())
          .setBusyNanos(load.done().busyNanos())
          .setBatches(load.done().batches())
          .setRows(load.done().rows())
          .setResidentBytes(load.memory().resident())
          .setPackedBytes(load.memory().packed())
          .setReadBytes(load.memory().read())
          .setToReadBytes(load.memory().toRead())
          .setExpertsAwake(load.memory().awake())
          .setExpertsAsleep(load.memory().asleep())
          .setAsleepBytes(load.memory().asleepBytes())
          .setWakes(load.memory().wakes())
          .build();
    }
    return status
        .setPlacementEpoch(now.getPlacementEpoch())
        .setQueuedBatches(now.getQueuedBatches())
        .setOutstandingTokens(now.getOutstandingTokens())
        .setBusyNanos(now.getBusyNanos())
        .setBatches(now.getBatches())
        .setRows(now.getExpertsList().stream().mapToLong(ExpertCounter::getRows).sum())
        .setResidentBytes(now.getResidentBytes())
        .setPackedBytes(now.getPackedBytes())
        .setReadBytes(now.getReadBytes())
        .setToReadBytes(now.getToReadBytes())
        .setExpertsAwake(now.getExpertsAwake())
        .setExpertsAsleep(now.getExpertsAsleep())
        .setAsleepBytes(now.getAsleepBytes())
        .setWakes(now.getWakes())
        .build();
  }

  private NodeState state(NodeInfo node) {
    boolean silent = !source.localExperts() && !described.containsKey(node.id());
    return switch (node.state()) {
      case JOINING -> NodeState.NODE_STATE_JOINING;
      case READY -> silent ? NodeState.NODE_STATE_UNREACHABLE : NodeState.NODE_STATE_READY;
      case DRAINING -> NodeState.NODE_STATE_DRAINING;
      case UNREACHABLE -> NodeState.NODE_STATE_UNREACHABLE;
    };
  }

  private long multiplyAdds(NodeInfo node, NodeLoad load) {
    NodeDescription now = described.get(node.id());
    return now == null
        ? load.done().multiplyAdds()
        : now.getExpertsList().stream()
            .mapToLong(e -> Math.multiplyExact(e.getRows(), e.getMultiplyAddsPerRow()))
            .sum();
  }

  private static RouterStatus.Builder router(RouterInfo router, LoadBook book) {
    RouterLoad load = book.routers().getOrDefault(router.id(), RouterLoad.none(router.id()));
    return RouterStatus.newBuilder()
        .setId(router.id())
        .setAddress(router.address())
        .setPid(router.pid())
        .setSoftware(router.speaks().software())
        .setLeader(router.leader())
        .setRunningRequests(load.runningRequests())
        .setQueuedRequests(load.queuedRequests())
        .setTokensRouted(load.tokensRouted())
        .setCost(LoadWindows.cost(load.cost()));
  }

  private void experts(ClusterStatus.Builder status, ExpertCounts tokens, ExpertTimes times) {
    List<ExpertLayer> layers = source.facts().layers();
    long wallMillis = System.currentTimeMillis();
    for (int layer = 0; layer < layers.size(); layer++) {
      for (int expert = 0; expert < units().experts(layers.get(layer).layer()); expert++) {
        boolean counted = layer < tokens.layers() && expert < tokens.experts();
        ExpertLoad.Builder one =
            ExpertLoad.newBuilder()
                .setLayer(layers.get(layer).layer())
                .setExpert(expert)
                .setName(source.facts().expertName(expert))
                .setTokens(counted ? tokens.get(layer, expert) : 0)
                .addAllReplicas(replicas(layers.get(layer).layer(), expert));
        times.tell(one, wallMillis);
        status.addExperts(one);
      }
    }
  }

  private List<String> replicas(int layer, int expert) {
    return view.readyHolders(units().unitOf(layer, expert)).stream().map(NodeInfo::id).toList();
  }
}
