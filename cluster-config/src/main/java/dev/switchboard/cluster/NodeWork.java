package dev.switchboard.cluster;

import java.util.Objects;

/**
 * What an expert node has done since it started, or several have; all of it adds up.
 *
 * @param rows rows computed, over all experts
 * @param batches batches answered
 * @param refusedBatches batches refused because the queue was full
 * @param busyNanos nanoseconds spent on batches
 * @param multiplyAdds multiply-adds of its experts
 * @param service what its experts took for them
 */
public record NodeWork(
    long rows,
    long batches,
    long refusedBatches,
    long busyNanos,
    long multiplyAdds,
    ServiceTimes service) {
  /** Nothing done. */
  public static final NodeWork NONE = new NodeWork(0, 0, 0, 0, 0, ServiceTimes.NONE);

  public NodeWork {
    Objects.requireNonNull(service, "service");
  }

  /** The sum of both. */
  public NodeWork plus(NodeWork other) {
    return new NodeWork(
        Math.addExact(rows, other.rows),
        Math.addExact(batches, other.batches),
        Math.addExact(refusedBatches, other.refusedBatches),
        Math.addExact(busyNanos, other.busyNanos),
        Math.addExact(multiplyAdds, other.multiplyAdds),
        service.plus(other.service));
  }
}
