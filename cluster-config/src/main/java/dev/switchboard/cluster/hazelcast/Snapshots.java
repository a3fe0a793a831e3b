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
import dev.switchboard.cluster.ServedVersion;
import dev.switchboard.cluster.Speaks;
import dev.switchboard.cluster.load.LeftLoads;
import dev.switchboard.cluster.load.LoadLedger;
import dev.switchboard.cluster.load.LoadLedger.Seen;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Makes the immutable snapshots: what the mirrors hold, of those members that are alive, as a
 * process of some version sees it.
 *
 * @param peers live members, oldest first
 * @param version of the process; {@link ServedVersion#UNSAID}: all are its own
 * @param speaks what it speaks
 */
record Snapshots(Mirror members, List<Peer> peers, ServedVersion version, Speaks speaks) {

  /**
   * @param leaders say who keeps a version's placement
   * @param number of the view
   */
  ClusterView view(Leaders leaders, long number) {
    Map<String, NodeInfo> nodes = new TreeMap<>();
    Map<String, NodeInfo> otherNodes = new TreeMap<>();
    List<RouterInfo> routers = new ArrayList<>();
    List<RouterInfo> otherRouters = new ArrayList<>();
    for (Peer peer : peers) {
      members
          .get(Keys.node(peer.uuid()), NodeInfo.class)
          .ifPresent(node ->
              (own(node.version(), node.speaks()) ? nodes : otherNodes).put(node.id(), node));
      members
          .get(Keys.router(peer.uuid()), RouterInfo.class)
          .map(router -> router.withLeader(leaders.leads(peer, router, members, peers)))
          .ifPresent(router ->
              (own(router.version(), Speaks.UNSAID) ? routers : otherRouters).add(router));
    }
    return new ClusterView(
        List.copyOf(nodes.values()),
        routers,
        members.get(Keys.placement(version), Placement.class),
        members.get(Keys.experts(version), ExpertBook.class).orElse(ExpertBook.EMPTY),
        members.get(Keys.nodes(version), NodeBook.class).orElse(NodeBook.EMPTY),
        new ClusterView.Others(List.copyOf(otherNodes.values()), otherRouters),
        number);
  }

  private boolean own(ServedVersion other, Speaks spoken) {
    return version.equals(ServedVersion.UNSAID) || (version.equals(other) && speaks.fits(spoken));
  }

  /** What a member said that it serves. */
  private Optional<ServedVersion> versionOf(String uuid) {
    return members
        .get(Keys.node(uuid), NodeInfo.class)
        .map(NodeInfo::version)
        .or(() -> members.get(Keys.router(uuid), RouterInfo.class).map(RouterInfo::version));
  }

  /** Versions of members that are gone, which no member is of, nor may be since it has not said. */
  Set<ServedVersion> leftBy(Collection<String> gone) {
    Set<ServedVersion> left = new HashSet<>();
    gone.forEach(uuid -> versionOf(uuid).ifPresent(left::add));
    left.remove(version);
    for (Peer peer : peers) {
      Optional<ServedVersion> there = versionOf(peer.uuid());
      there.ifPresent(left::remove);
      if (there.isEmpty() && unsaid(peer)) {
        return Set.of();
      }
    }
    return left;
  }

  private boolean unsaid(Peer peer) {
    return !members.has(Keys.node(peer.uuid())) && !members.has(Keys.router(peer.uuid()));
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
