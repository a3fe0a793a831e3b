package dev.switchboard.router.api;

import dev.switchboard.cluster.LoadTotals;
import dev.switchboard.cluster.load.LoadPicture;
import dev.switchboard.cluster.load.LoadPicture.Window;
import dev.switchboard.proto.v1.HotExpert;
import dev.switchboard.proto.v1.LeftLoads;
import dev.switchboard.proto.v1.LoadWindow;
import dev.switchboard.proto.v1.NodeWindow;
import dev.switchboard.proto.v1.ProcessCost;
import java.util.List;
import java.util.Map;

/** Windows of loads as messages. */
record LoadWindows(ModelFacts facts, LoadPicture picture) {
  /** Experts that are told of a window. */
  private static final int MOST_HOT = 16;

  List<LoadWindow> all() {
    return picture.windows().stream().map(this::message).toList();
  }

  private LoadWindow message(Window window) {
    LoadWindow.Builder message =
        LoadWindow.newBuilder()
            .setSeconds(Math.toIntExact(window.length().toSeconds()))
            .setCoveredNanos(window.coveredNanos())
            .setTokensRouted(window.tokensRouted());
    window.nodes().entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(node -> message.addNodes(node(node.getKey(), node.getValue())));
    for (LoadPicture.Hot hot : window.hottest(MOST_HOT)) {
      if (hot.layer() < facts.moeLayers().size()) {
        message.addHottest(
            HotExpert.newBuilder()
                .setLayer(facts.moeLayers().get(hot.layer()))
                .setExpert(hot.expert())
                .setName(facts.expertName(hot.expert()))
                .setTokens(hot.tokens()));
      }
    }
    return message.build();
  }

  private static NodeWindow node(String id, LoadPicture.NodeWindow done) {
    return NodeWindow.newBuilder()
        .setNode(id)
        .setCoveredNanos(done.coveredNanos())
        .setRows(done.rows())
        .setBatches(done.batches())
        .setRefusedBatches(done.refusedBatches())
        .setBusyNanos(done.busyNanos())
        .build();
  }

  static LeftLoads left(LoadTotals left) {
    return LeftLoads.newBuilder()
        .setTokensRouted(left.tokensRouted())
        .setRows(left.nodes().rows())
        .setBatches(left.nodes().batches())
        .setBusyNanos(left.nodes().busyNanos())
        .setMultiplyAdds(left.nodes().multiplyAdds())
        .build();
  }

  static ProcessCost cost(dev.switchboard.cluster.ProcessCost cost) {
    return ProcessCost.newBuilder()
        .setCpuNanos(cost.cpuNanos())
        .setStatisticsNanos(cost.statisticsNanos())
        .setGridNanos(cost.gridNanos())
        .build();
  }
}
