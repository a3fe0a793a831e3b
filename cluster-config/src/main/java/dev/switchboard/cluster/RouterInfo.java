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
 * @param leader whether it is the oldest router, which keeps the placement; filled in by the grid,
 *     ignored in an announcement
 */
public record RouterInfo(
    String id,
    String host,
    int port,
    long pid,
    String model,
    boolean servesWeights,
    long reachedEpoch,
    boolean leader) {
  /** Of a router that sends nothing to nodes. */
  public static final long NEEDS_NONE = Long.MAX_VALUE;

  /** One that can send to nobody yet. */
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
  }

  /** {@code host:port} of its gRPC server. */
  public String address() {
    return host + ":" + port;
  }

  /** The same router with another mark. */
  public RouterInfo withLeader(boolean isLeader) {
    return new RouterInfo(id, host, port, pid, model, servesWeights, reachedEpoch, isLeader);
  }

  /** The same router, which can send to every holder of a placement. */
  public RouterInfo reaching(long epoch) {
    return new RouterInfo(id, host, port, pid, model, servesWeights, epoch, leader);
  }
}
