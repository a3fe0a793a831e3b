package dev.switchboard.cluster.hazelcast;

import dev.switchboard.cluster.NodeInfo;
import dev.switchboard.cluster.NodeLoad;
import dev.switchboard.cluster.RouterInfo;
import dev.switchboard.cluster.RouterLoad;
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
  private volatile @Nullable NodeInfo node;
  private volatile @Nullable RouterInfo router;
  private volatile @Nullable NodeLoad nodeLoad;
  private volatile @Nullable RouterLoad routerLoad;

  private @Nullable NodeInfo saidNode;
  private @Nullable RouterInfo saidRouter;
  private @Nullable NodeLoad saidNodeLoad;
  private @Nullable RouterLoad saidRouterLoad;
  private final LongSupplier wallMillis;

  /**
   * @param wallMillis since 1970, as far as this host knows
   */
  Wanted(LongSupplier wallMillis) {
    this.wallMillis = wallMillis;
  }

  void node(NodeInfo info) {
    node = info;
  }

  void router(RouterInfo info) {
    router = info;
  }

  void nodeLoad(NodeLoad load) {
    nodeLoad = load;
  }

  void routerLoad(RouterLoad load) {
    routerLoad = load;
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

  /** Says the loads that have changed. */
  void sayLoads(Joined link) throws TimeoutException {
    NodeLoad wantedNode = nodeLoad;
    if (wantedNode != null && !wantedNode.equals(saidNodeLoad)) {
      link.putLoad(Keys.node(link.uuid()), GridCodec.encode(nextSequence(), wantedNode));
      saidNodeLoad = wantedNode;
    }
    RouterLoad wantedRouter = routerLoad;
    if (wantedRouter != null && !wantedRouter.equals(saidRouterLoad)) {
      link.putLoad(Keys.router(link.uuid()), GridCodec.encode(nextSequence(), wantedRouter));
      saidRouterLoad = wantedRouter;
    }
  }

  /** Takes back what was announced and leaves the totals of a router behind. */
  void takeBack(Joined link) throws TimeoutException {
    RouterLoad totals = routerLoad;
    if (totals != null) {
      link.putLoad(Keys.left(link.uuid()), GridCodec.encode(nextSequence(), totals.retired()));
    }
    if (saidRouter != null || totals != null) {
      link.remove(Keys.router(link.uuid()));
    }
    if (saidNode != null || nodeLoad != null) {
      link.remove(Keys.node(link.uuid()));
    }
  }
}
