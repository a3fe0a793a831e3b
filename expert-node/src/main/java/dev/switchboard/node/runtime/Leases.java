package dev.switchboard.node.runtime;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Whose states are kept: a router's while it has a stream here, and a while longer, so that one
 * that comes back finds them. Time is given; any thread.
 */
public final class Leases {
  private static final class Lease {
    int streams;
    long endedNanos;
  }

  private final long nanos;
  private final Map<String, Lease> routers = new HashMap<>();

  /**
   * @param afterwards how long a router that has no stream is waited for
   */
  public Leases(Duration afterwards) {
    this.nanos = afterwards.toNanos();
  }

  /** How long a router that has no stream is waited for. */
  public Duration afterwards() {
    return Duration.ofNanos(nanos);
  }

  /** A router has opened a stream. */
  public synchronized void opened(String router) {
    routers.computeIfAbsent(router, r -> new Lease()).streams++;
  }

  /** A stream of a router has ended. */
  public synchronized void closed(String router, long nowNanos) {
    Lease lease = routers.get(router);
    if (lease != null) {
      lease.streams--;
      lease.endedNanos = nowNanos;
    }
  }

  /** Routers whose leases are over: told once. */
  public synchronized List<String> expired(long nowNanos) {
    List<String> over = new ArrayList<>();
    routers.forEach((router, lease) -> {
      if (lease.streams <= 0 && nowNanos - lease.endedNanos >= nanos) {
        over.add(router);
      }
    });
    over.forEach(routers::remove);
    return over;
  }
}
