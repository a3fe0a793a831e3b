package dev.switchboard.cluster;

import java.util.List;
import java.util.Objects;

/**
 * What an expert node says of itself.
 *
 * @param id unique name of the process, never used again by another
 * @param host where its gRPC server listens
 * @param port port of its gRPC server
 * @param domain what fails together with it: its machine, or a rack or zone
 * @param pid process id on its host
 * @param model fingerprint of the model that it serves
 * @param capacityExperts units of experts that it can hold at the most; 0 for any number
 * @param memoryExperts of those, such that fit in its memory: further ones sleep; 0 for all
 * @param servesWeights whether it has the model's files and gives their bytes to others
 * @param state where it is in its life
 * @param heldEpoch epoch of the placement that {@code heldUnits} comes from; 0 for none
 * @param heldUnits units of experts that it holds and can answer for, ascending
 * @param speaks its versions
 */
public record NodeInfo(
    String id,
    String host,
    int port,
    String domain,
    long pid,
    String model,
    int capacityExperts,
    int memoryExperts,
    boolean servesWeights,
    NodeState state,
    long heldEpoch,
    List<Integer> heldUnits,
    Speaks speaks) {
  /** All that it can hold fits in its memory, and it says nothing of its versions. */
  // size: as the canonical one
  public NodeInfo(
      String id,
      String host,
      int port,
      String domain,
      long pid,
      String model,
      int capacityExperts,
      boolean servesWeights,
      NodeState state,
      long heldEpoch,
      List<Integer> heldUnits) {
    this(
        id,
        host,
        port,
        domain,
        pid,
        model,
        capacityExperts,
        0,
        servesWeights,
        state,
        heldEpoch,
        heldUnits,
        Speaks.UNSAID);
  }

  public NodeInfo {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(host, "host");
    Objects.requireNonNull(domain, "domain");
    Objects.requireNonNull(model, "model");
    Objects.requireNonNull(state, "state");
    Objects.requireNonNull(speaks, "speaks");
    if (capacityExperts < 0 || memoryExperts < 0) {
      throw new IllegalArgumentException(
          "node %s: capacityExperts %d, memoryExperts %d; expected 0 or more"
              .formatted(id, capacityExperts, memoryExperts));
    }
    heldUnits = heldUnits.stream().sorted().distinct().toList();
  }

  /** What it computes, and how. */
  public ServedVersion version() {
    return new ServedVersion(model, speaks.arithmetic());
  }

  /** {@code host:port} of its gRPC server. */
  public String address() {
    return host + ":" + port;
  }

  /** A newcomer that holds nothing and gives nothing away; what fails with it is its host. */
  public static NodeInfo joining(
      String id, String host, int port, String model, int capacityExperts) {
    return new NodeInfo(
        id,
        host,
        port,
        host,
        ProcessHandle.current().pid(),
        model,
        capacityExperts,
        false,
        NodeState.JOINING,
        0,
        List.of());
  }

  /** The same node, which fails together with others of that domain. */
  public NodeInfo inDomain(String name) {
    return new NodeInfo(
        id,
        host,
        port,
        name,
        pid,
        model,
        capacityExperts,
        memoryExperts,
        servesWeights,
        state,
        heldEpoch,
        heldUnits,
        speaks);
  }

  /** The same node, of whose experts so many fit in memory; 0 for all. */
  public NodeInfo withMemoryFor(int experts) {
    return new NodeInfo(
        id,
        host,
        port,
        domain,
        pid,
        model,
        capacityExperts,
        experts,
        servesWeights,
        state,
        heldEpoch,
        heldUnits,
        speaks);
  }

  /** The same node of these versions. */
  public NodeInfo speaking(Speaks versions) {
    return new NodeInfo(
        id,
        host,
        port,
        domain,
        pid,
        model,
        capacityExperts,
        memoryExperts,
        servesWeights,
        state,
        heldEpoch,
        heldUnits,
        versions);
  }

  /** The same node, whether it gives its model's bytes to others. */
  public NodeInfo servingWeights(boolean serves) {
    return with(serves, state, heldEpoch, heldUnits);
  }

  /** The same node in another state. */
  public NodeInfo withState(NodeState next) {
    return with(servesWeights, next, heldEpoch, heldUnits);
  }

  /** The same node, ready with the units of a placement. */
  public NodeInfo ready(long epoch, List<Integer> units) {
    return with(servesWeights, NodeState.READY, epoch, units);
  }

  private NodeInfo with(boolean serves, NodeState next, long epoch, List<Integer> units) {
    return new NodeInfo(
        id,
        host,
        port,
        domain,
        pid,
        model,
        capacityExperts,
        memoryExperts,
        serves,
        next,
        epoch,
        units,
        speaks);
  }
}
