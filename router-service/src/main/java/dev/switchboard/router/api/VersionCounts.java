package dev.switchboard.router.api;

import dev.switchboard.cluster.ClusterView;
import dev.switchboard.cluster.NodeInfo;
import dev.switchboard.cluster.RouterInfo;
import dev.switchboard.cluster.ServedVersion;
import dev.switchboard.cluster.Speaks;
import dev.switchboard.proto.v1.VersionStatus;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** How many processes of which version there are, this router's own first. */
record VersionCounts(ClusterView view) {
  List<VersionStatus> build() {
    Map<ServedVersion, VersionStatus.Builder> counts = new LinkedHashMap<>();
    for (RouterInfo router : view.routers()) {
      count(counts, router, true);
    }
    for (NodeInfo node : view.nodes()) {
      count(counts, node, true);
    }
    for (RouterInfo router : view.others().routers()) {
      count(counts, router, false);
    }
    for (NodeInfo node : view.others().nodes()) {
      count(counts, node, false);
    }
    return counts.values().stream().map(VersionStatus.Builder::build).toList();
  }

  private static void count(
      Map<ServedVersion, VersionStatus.Builder> counts, RouterInfo router, boolean own) {
    VersionStatus.Builder at = at(counts, router.version(), own);
    at.setRouters(at.getRouters() + 1);
    spoken(at, router.speaks());
  }

  private static void count(
      Map<ServedVersion, VersionStatus.Builder> counts, NodeInfo node, boolean own) {
    VersionStatus.Builder at = at(counts, node.version(), own);
    at.setNodes(at.getNodes() + 1);
    if (!node.heldUnits().isEmpty()) {
      at.setHolders(at.getHolders() + 1);
    }
    spoken(at, node.speaks());
  }

  private static VersionStatus.Builder at(
      Map<ServedVersion, VersionStatus.Builder> counts, ServedVersion version, boolean own) {
    return counts.computeIfAbsent(
        version,
        first ->
            VersionStatus.newBuilder()
                .setModelFingerprint(first.model())
                .setArithmetic(first.arithmetic())
                .setServedHere(own));
  }

  private static void spoken(VersionStatus.Builder at, Speaks speaks) {
    if (!at.getSoftwareList().contains(speaks.software())) {
      at.addSoftware(speaks.software());
    }
    int oldest = at.getOldestProtocol();
    at.setOldestProtocol(
        oldest == 0 ? speaks.oldestProtocol() : Math.min(oldest, speaks.oldestProtocol()));
    at.setNewestProtocol(Math.max(at.getNewestProtocol(), speaks.newestProtocol()));
  }
}
