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
    boolean leader) {
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
    return new RouterInfo(id, host, port, pid, model, servesWeights, isLeader);
  }
}
