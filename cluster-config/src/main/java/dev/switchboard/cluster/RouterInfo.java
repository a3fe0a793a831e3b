package dev.switchboard.cluster;

import java.util.Objects;

/**
 * What a router says of itself.
 *
 * @param id unique name of the process, never used again by another
 * @param host where its gRPC server listens
 * @param port port of its gRPC server
 * @param pid process id on its host
 * @param model fingerprint of the model that it serves
 * @param servesWeights whether it gives its model's bytes to nodes that have no files
 * @param reachedEpoch placement whose every holder it can send to; of older ones it needs no holder
 *     any more
 * @param speaks its versions
 * @param leader whether it keeps the placement of its version: the oldest router of it, or who has
 *     the lease; filled in by the grid, ignored in an announcement
 */
public record RouterInfo(
    String id,
    String host,
    int port,
    long pid,
    String model,
    boolean servesWeights,
    long reachedEpoch,
    Speaks speaks,
    boolean leader) {
  /** Of a router that sends nothing to nodes. */
  public static final long NEEDS_NONE = Long.MAX_VALUE;

  /** One that says nothing of its versions. */
  // size: as the canonical one
  public RouterInfo(
      String id,
      String host,
      int port,
      long pid,
      String model,
      boolean servesWeights,
      long reachedEpoch,
      boolean leader) {
    this(id, host, port, pid, model, servesWeights, reachedEpoch, Speaks.UNSAID, leader);
  }

  /** One that can send to nobody yet, and says nothing of its versions. */
  public RouterInfo(
      String id,
      String host,
      int port,
      long pid,
      String model,
      boolean servesWeights,
      boolean leader) {
    this(id, host, port, pid, model, servesWeights, 0, leader);
  }

  public RouterInfo {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(host, "host");
    Objects.requireNonNull(model, "model");
    Objects.requireNonNull(speaks, "speaks");
  }

  /** What it computes, and how. */
  public ServedVersion version() {
    return new ServedVersion(model, speaks.arithmetic());
  }

  /** {@code host:port} of its gRPC server. */
  public String address() {
    return host + ":" + port;
  }

  /** The same router with another mark. */
  public RouterInfo withLeader(boolean isLeader) {
    return new RouterInfo(
        id, host, port, pid, model, servesWeights, reachedEpoch, speaks, isLeader);
  }

  /** The same router, which can send to every holder of a placement. */
  public RouterInfo reaching(long epoch) {
    return new RouterInfo(id, host, port, pid, model, servesWeights, epoch, speaks, leader);
  }

  /** The same router of these versions. */
  public RouterInfo speaking(Speaks versions) {
    return new RouterInfo(
        id, host, port, pid, model, servesWeights, reachedEpoch, versions, leader);
  }
}
