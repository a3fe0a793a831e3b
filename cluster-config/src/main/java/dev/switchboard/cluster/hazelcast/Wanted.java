package dev.switchboard.cluster.hazelcast;

import dev.switchboard.cluster.ExpertUses;
import dev.switchboard.cluster.NodeInfo;
import dev.switchboard.cluster.NodeLoad;
import dev.switchboard.cluster.RouterInfo;
import dev.switchboard.cluster.RouterLoad;
import dev.switchboard.cluster.ServedVersion;
import dev.switchboard.cluster.Speaks;
import dev.switchboard.cluster.load.LeftLoad;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What this process wants the others to know, and what of it has been said over the present link.
 * Callers set the wanted part from any thread, the latest wins; the grid's thread says it.
 */
final class Wanted {
  private final AtomicLong sequence = new AtomicLong();
  private volatile ServedVersion version = ServedVersion.UNSAID;
  private volatile @Nullable NodeInfo node;
  private volatile @Nullable RouterInfo router;
  private volatile @Nullable NodeLoad nodeLoad;
  private volatile @Nullable RouterLoad routerLoad;
  private volatile @Nullable ExpertUses uses;

  private @Nullable NodeInfo saidNode;
  private @Nullable RouterInfo saidRouter;
  private @Nullable NodeLoad saidNodeLoad;
  private @Nullable RouterLoad saidRouterLoad;
  private @Nullable ExpertUses saidUses;
  private final LongSupplier wallMillis;

  /**
   * @param wallMillis since 1970, as far as this host knows
   */
  Wanted(LongSupplier wallMillis) {
    this.wallMillis = wallMillis;
  }

  void version(ServedVersion served) {
    version = served;
  }

  void node(NodeInfo info) {
    version = info.version();
    node = info;
  }

  void router(RouterInfo info) {
    version = info.version();
    router = info;
  }

  /** Of this process. */
  ServedVersion version() {
    return version;
  }

  /** What this process said that it speaks. */
  Speaks speaks() {
    NodeInfo asNode = node;
    RouterInfo asRouter = router;
    if (asNode != null) {
      return asNode.speaks();
    }
    return asRouter == null ? Speaks.UNSAID : asRouter.speaks();
  }

  void nodeLoad(NodeLoad load) {
    nodeLoad = load;
  }

  void routerLoad(RouterLoad load) {
    routerLoad = load;
  }

  void uses(ExpertUses experts) {
    uses = experts;
  }

  @Nullable RouterInfo router() {
    return router;
  }

  @Nullable NodeLoad nodeLoad() {
    return nodeLoad;
  }

  @Nullable RouterLoad routerLoad() {
    return routerLoad;
  }

  /** A number higher than every one before, also of an earlier process with the same clock. */
  long nextSequence() {
    long now = wallMillis.getAsLong() << 10;
    return sequence.updateAndGet(last -> Math.max(last + 1, now));
  }

  /** Nothing has been said: the link is new. */
  void forgetSaid() {
    saidNode = null;
    saidRouter = null;
    saidNodeLoad = null;
    saidRouterLoad = null;
    saidUses = null;
  }

  /** Says the announcements that have changed, into the grid and into this process's own mirror. */
  void sayAnnouncements(Joined link, Mirror mirror) throws TimeoutException {
    NodeInfo wantedNode = node;
    if (wantedNode != null && !wantedNode.equals(saidNode)) {
      say(link, mirror, Keys.node(link.uuid()), wantedNode);
      saidNode = wantedNode;
    }
    RouterInfo wantedRouter = router;
    if (wantedRouter != null && !wantedRouter.equals(saidRouter)) {
      say(link, mirror, Keys.router(link.uuid()), wantedRouter);
      saidRouter = wantedRouter;
    }
  }

  private void say(Joined link, Mirror mirror, String key, Object body) throws TimeoutException {
    byte[] bytes = GridCodec.encode(nextSequence(), body);
    link.putMember(key, bytes);
    mirror.put(key, bytes);
  }

  /** Says the loads that were handed over since the last time. */
  void sayLoads(Joined link) throws TimeoutException {
    NodeLoad wantedNode = nodeLoad;
    if (wantedNode != null && wantedNode != saidNodeLoad) {
      link.putLoad(Keys.node(link.uuid()), GridCodec.encode(nextSequence(), wantedNode));
      saidNodeLoad = wantedNode;
    }
    RouterLoad wantedRouter = routerLoad;
    if (wantedRouter != null && wantedRouter != saidRouterLoad) {
      link.putLoad(Keys.router(link.uuid()), GridCodec.encode(nextSequence(), wantedRouter));
      saidRouterLoad = wantedRouter;
    }
    ExpertUses wantedUses = uses;
    if (wantedUses != null && wantedUses != saidUses) {
      link.putLoad(Keys.uses(link.uuid()), GridCodec.encode(nextSequence(), wantedUses));
      saidUses = wantedUses;
    }
  }

  /**
   * Takes back what was announced and leaves behind what was counted, in this order: who sees both
   * counts it once, and nobody sees neither for long.
   */
  void takeBack(Joined link) throws TimeoutException {
    RouterLoad ofRouter = routerLoad;
    if (ofRouter != null) {
      leave(link, new LeftLoad(ofRouter.routerId(), ofRouter.model(), true, ofRouter.totals()));
    }
    NodeLoad ofNode = nodeLoad;
    if (ofNode != null) {
      leave(link, new LeftLoad(ofNode.nodeId(), ofNode.model(), true, ofNode.totals()));
    }
    Departed.takeBack(link, link.uuid());
  }

  private void leave(Joined link, LeftLoad left) throws TimeoutException {
    link.putLoad(Keys.left(left.process()), GridCodec.encode(nextSequence(), left));
  }
}
