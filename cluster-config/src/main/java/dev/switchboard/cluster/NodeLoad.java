package dev.switchboard.cluster;

import java.util.Objects;

/**
 * What one expert node has done since it started, and has to do now.
 *
 * @param nodeId id of the node
 * @param rows rows computed, over all experts
 * @param batches batches answered
 * @param queuedBatches batches waiting now
 * @param refusedBatches batches refused because the queue was full
 * @param busyNanos nanoseconds spent computing
 * @param multiplyAdds multiply-adds of its experts
 * @param memory what its weights take
 */
public record NodeLoad(
    String nodeId,
    long rows,
    long batches,
    long queuedBatches,
    long refusedBatches,
    long busyNanos,
    long multiplyAdds,
    NodeMemory memory) {
  public NodeLoad {
    Objects.requireNonNull(nodeId, "nodeId");
    Objects.requireNonNull(memory, "memory");
  }

  /** Nothing done. */
  public static NodeLoad none(String nodeId) {
    return new NodeLoad(nodeId, 0, 0, 0, 0, 0, 0, NodeMemory.NONE);
  }
}
