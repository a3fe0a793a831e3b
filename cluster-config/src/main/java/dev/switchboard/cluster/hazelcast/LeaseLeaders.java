package dev.switchboard.cluster.hazelcast;

import dev.switchboard.cluster.RouterInfo;
import dev.switchboard.cluster.ServedVersion;
import dev.switchboard.cluster.lease.LeaderLease;
import dev.switchboard.cluster.lease.ServiceAccount;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who has the Lease leads; without it nobody does. Of other versions, which only status shows, the
 * oldest router is taken.
 */
final class LeaseLeaders implements Leaders, AutoCloseable {
  private final ServiceAccount account;
  private final String name;
  private volatile @Nullable Taken taken;

  private record Taken(String router, ServedVersion version, LeaderLease lease) {}

  /**
   * @param name of the Lease
   * @throws GridException if this process has no service account of Kubernetes
   */
  LeaseLeaders(String name) {
    this.name = name;
    try {
      this.account = ServiceAccount.ofPod(System.getenv());
    } catch (IOException e) {
      throw new GridException("grid.lease: " + e.getMessage(), e);
    }
  }

  /**
   * Takes part in the election, once.
   *
   * @throws GridException if the service account's files cannot be read
   */
  synchronized void begin(RouterInfo router, Runnable changed) {
    if (taken != null) {
      return;
    }
    try {
      LeaderLease lease = LeaderLease.start(account, name, router.version(), router.id(), changed);
      taken = new Taken(router.id(), router.version(), lease);
    } catch (IOException e) {
      throw new GridException("grid.lease: " + e.getMessage(), e);
    }
  }

  @Override
  public boolean leads(Peer peer, RouterInfo router, Mirror members, List<Peer> peers) {
    Taken now = taken;
    if (now == null) {
      return false;
    }
    if (router.id().equals(now.router())) {
      return now.lease().leads();
    }
    return router.version().equals(now.version())
        ? now.lease().holder().filter(router.id()::equals).isPresent()
        : Leaders.oldest(peer, router, members, peers);
  }

  @Override
  public void close() {
    Taken now = taken;
    if (now != null) {
      now.lease().close();
    }
  }
}
