package dev.switchboard.cluster.hazelcast;

import dev.switchboard.cluster.ClusterView;
import dev.switchboard.cluster.ExpertBook;
import dev.switchboard.cluster.ExpertUses;
import dev.switchboard.cluster.LoadBook;
import dev.switchboard.cluster.LoadTotals;
import dev.switchboard.cluster.NodeBook;
import dev.switchboard.cluster.NodeInfo;
import dev.switchboard.cluster.NodeLoad;
import dev.switchboard.cluster.Placement;
import dev.switchboard.cluster.RouterInfo;
import dev.switchboard.cluster.RouterLoad;
import dev.switchboard.cluster.load.LeftLoads;
import dev.switchboard.cluster.load.LoadLedger;
import dev.switchboard.cluster.load.LoadLedger.Seen;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

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

  /**
   * What is known of all loads.
   *
   * @param own what this process has counted itself
   */
  static LoadBook book(Mirror loads, List<Peer> peers, Wanted own) {
    Map<String, RouterLoad> routers = new HashMap<>();
    Map<String, NodeLoad> nodes = new HashMap<>();
    Map<String, ExpertUses> uses = new HashMap<>();
    Set<String> members = peers.stream().map(Peer::uuid).collect(Collectors.toSet());
    for (Peer peer : peers) {
      loads
          .get(Keys.router(peer.uuid()), RouterLoad.class)
          .ifPresent(load -> routers.put(load.routerId(), load));
      loads
          .get(Keys.node(peer.uuid()), NodeLoad.class)
          .ifPresent(load -> nodes.put(load.nodeId(), load));
      loads
          .get(Keys.uses(peer.uuid()), ExpertUses.class)
          .ifPresent(load -> uses.put(load.nodeId(), load));
    }
    RouterLoad ownRouter = own.routerLoad();
    if (ownRouter != null) {
      routers.put(ownRouter.routerId(), ownRouter);
    }
    NodeLoad ownNode = own.nodeLoad();
    if (ownNode != null) {
      nodes.put(ownNode.nodeId(), ownNode);
    }
    Set<String> live = new HashSet<>(routers.keySet());
    live.addAll(nodes.keySet());
    return new LoadBook(routers, nodes, uses, left(loads, members, live));
  }

  private static Map<String, LoadTotals> left(Mirror loads, Set<String> members, Set<String> live) {
    List<Seen> seen = new ArrayList<>();
    for (Mirror.Entry<Record> entry : loads.all(Record.class)) {
      if (Keys.member(entry.key()).filter(members::contains).isEmpty()) {
        Departed.load(entry.body()).ifPresent(load -> seen.add(new Seen(entry.sequence(), load)));
      }
    }
    LeftLoads sums = loads.get(Keys.LEFT_SUMS, LeftLoads.class).orElse(LeftLoads.NONE);
    return LoadLedger.left(seen, sums, live);
  }
}
