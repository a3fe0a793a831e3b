package dev.switchboard.cluster;

import java.util.List;
import java.util.Objects;

/**
 * What an expert node says of itself.
 *
 * @param id unique name of the process, never used again by another
 * @param host where its gRPC server listens
 * @param port port of its gRPC server
 * @param pid process id on its host
 * @param model fingerprint of the model that it serves
 * @param capacityExperts expert indices that it can hold at the most (each over all layers); 0 for
 *     any number
 * @param state where it is in its life
 * @param heldEpoch epoch of the placement that {@code heldExperts} comes from; 0 for none
 * @param heldExperts indices of the experts that it holds and can answer for, ascending; each over
 *     all layers
 */
public record NodeInfo(
    String id,
    String host,
    int port,
    long pid,
    String model,
    int capacityExperts,
    NodeState state,
    long heldEpoch,
    List<Integer> heldExperts) {
  public NodeInfo {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(host, "host");
    Objects.requireNonNull(model, "model");
    Objects.requireNonNull(state, "state");
    if (capacityExperts < 0) {
      throw new IllegalArgumentException(
          "node " + id + ": capacityExperts " + capacityExperts + " is negative");
    }
    heldExperts = heldExperts.stream().sorted().distinct().toList();
  }

  /** {@code host:port} of its gRPC server. */
  public String address() {
    return host + ":" + port;
  }

  /** A newcomer that holds nothing. */
  public static NodeInfo joining(
      String id, String host, int port, String model, int capacityExperts) {
    return new NodeInfo(
        id,
        host,
        port,
        ProcessHandle.current().pid(),
        model,
        capacityExperts,
        NodeState.JOINING,
        0,
        List.of());
  }

  /** The same node in another state. */
  public NodeInfo withState(NodeState next) {
    return new NodeInfo(id, host, port, pid, model, capacityExperts, next, heldEpoch, heldExperts);
  }

  /** The same node, ready with the experts of a placement. */
  public NodeInfo ready(long epoch, List<Integer> experts) {
    return new NodeInfo(
        id, host, port, pid, model, capacityExperts, NodeState.READY, epoch, experts);
  }
}
