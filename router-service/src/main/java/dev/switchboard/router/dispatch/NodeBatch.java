package dev.switchboard.router.dispatch;

import java.util.List;

/**
 * What one node is sent for one layer.
 *
 * @param node number of the node's link
 * @param tokens the tokens whose activations travel, ascending; each once
 * @param groups one an expert, ascending
 * @param rebuilds whether its one group's states are to be rebuilt on the node first
 */
record NodeBatch(int node, int[] tokens, List<ExpertRows> groups, boolean rebuilds) {
  NodeBatch(int node, int[] tokens, List<ExpertRows> groups) {
    this(node, tokens, groups, false);
  }

  int outputRows() {
    int rows = 0;
    for (ExpertRows group : groups) {
      rows += group.rows().length;
    }
    return rows;
  }
}
