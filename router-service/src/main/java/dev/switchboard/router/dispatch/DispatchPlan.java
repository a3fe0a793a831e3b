package dev.switchboard.router.dispatch;

import java.util.List;

/**
 * Who computes what.
 *
 * @param batches one a node
 * @param unplaced slots whose expert no usable node holds
 */
record DispatchPlan(List<NodeBatch> batches, int[] unplaced) {}
