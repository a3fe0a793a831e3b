package dev.switchboard.cluster;

import java.util.Objects;

/**
 * What one expert node has done since it started, and has to do now.
 *
 * @param nodeId id of the node
 * @param model fingerprint of the model whose experts it holds
 * @param done counters that only grow
 * @param queuedBatches batches waiting now
 * @param outstandingTokens tokens of batches that wait or are computed now
 * @param memory what its weights take
 * @param cost what the process takes
 */
public record NodeLoad(
    String nodeId,
    String model,
    NodeWork done,
    long queuedBatches,
    long outstandingTokens,
    NodeMemory memory,
    ProcessCost cost) {
  public NodeLoad {
    Objects.requireNonNull(nodeId, "nodeId");
    Objects.requireNonNull(model, "model");
    Objects.requireNonNull(done, "done");
    Objects.requireNonNull(memory, "memory");
    Objects.requireNonNull(cost, "cost");
  }

  /** Nothing done. */
  public static NodeLoad none(String nodeId) {
    return new NodeLoad(nodeId, "", NodeWork.NONE, 0, 0, NodeMemory.NONE, ProcessCost.NONE);
  }

  /** What stays of it when it leaves. */
  public LoadTotals totals() {
    return new LoadTotals(ExpertCounts.zero(0, 0), 0, 0, done);
  }

  /** The same but for what is different at every look, though nothing was done. */
  public NodeLoad with(NodeMemory otherMemory, ProcessCost otherCost) {
    return new NodeLoad(
        nodeId, model, done, queuedBatches, outstandingTokens, otherMemory, otherCost);
  }
}
