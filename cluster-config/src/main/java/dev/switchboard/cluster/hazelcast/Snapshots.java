package dev.switchboard.cluster.hazelcast;

import dev.switchboard.cluster.ClusterView;
import dev.switchboard.cluster.ExpertBook;
import dev.switchboard.cluster.NodeBook;
import dev.switchboard.cluster.NodeInfo;
import dev.switchboard.cluster.NodeLoad;
import dev.switchboard.cluster.Placement;
import dev.switchboard.cluster.RouterInfo;
import dev.switchboard.cluster.RouterLoad;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Makes the immutable snapshots: what the mirrors hold, of those members that are alive. */
final class Snapshots {
  private Snapshots() {}

  /**
   * @param peers live members, oldest first
   */
  static ClusterView view(Mirror members, List<Peer> peers, long version) {
    Map<String, NodeInfo> nodes = new TreeMap<>();
    List<RouterInfo> routers = new ArrayList<>();
    boolean leaderPassed = false;
    for (Peer peer : peers) {
      boolean leader = peer.data() && !leaderPassed;
      leaderPassed |= peer.data();
      members
          .get(Keys.node(peer.uuid()), NodeInfo.class)
          .ifPresent(node -> nodes.put(node.id(), node));
      members
          .get(Keys.router(peer.uuid()), RouterInfo.class)
          .ifPresent(router -> routers.add(router.withLeader(leader)));
    }
    return new ClusterView(
        List.copyOf(nodes.values()),
        routers,
        members.get(Keys.PLACEMENT, Placement.class),
        members.get(Keys.EXPERTS, ExpertBook.class).orElse(ExpertBook.EMPTY),
        members.get(Keys.NODES, NodeBook.class).orElse(NodeBook.EMPTY),
        version);
  }

  static Map<String, NodeLoad> nodeLoads(Mirror loads, List<Peer> peers) {
    Map<String, NodeLoad> byId = new HashMap<>();
    for (Peer peer : peers) {
      loads
          .get(Keys.node(peer.uuid()), NodeLoad.class)
          .ifPresent(load -> byId.put(load.nodeId(), load));
    }
    return byId;
  }

  /**
   * Loads of live routers, and the sum of those that left; a router that is just leaving counts
   * once.
   */
  static Map<String, RouterLoad> routerLoads(Mirror loads, List<Peer> peers) {
    Map<String, RouterLoad> byId = new HashMap<>();
    Set<String> left = new HashSet<>();
    for (String key : loads.keys()) {
      if (Keys.isLeft(key)) {
        left.add(key);
        loads
            .get(key, RouterLoad.class)
            .ifPresent(load -> byId.merge(RouterLoad.RETIRED, load.retired(), RouterLoad::plus));
      }
    }
    for (Peer peer : peers) {
      if (!left.contains(Keys.left(peer.uuid()))) {
        loads
            .get(Keys.router(peer.uuid()), RouterLoad.class)
            .ifPresent(load -> byId.put(load.routerId(), load));
      }
    }
    return byId;
  }
}
