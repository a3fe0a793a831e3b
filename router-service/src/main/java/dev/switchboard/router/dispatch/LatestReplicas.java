package dev.switchboard.router.dispatch;

import dev.switchboard.router.health.NodeHealth;

/**
 * A layer's replicas as they are at this moment, each time: a node may come back within a round.
 *
 * @param stateful whether the layer's experts have states
 */
record LatestReplicas(int layer, boolean stateful, NodeLinks links, NodeHealth health)
    implements Replicas {
  @Override
  public int[] nodes(int expert) {
    return links.table().nodes(layer, expert);
  }

  @Override
  public long outstandingRows(int node) {
    return links.table().outstandingRows(node);
  }

  /** A state stays where it begins: how quick a node is at this moment is no guide for it. */
  @Override
  public long load(int node, long rows) {
    long all = outstandingRows(node) + rows;
    return stateful ? all : health.load(node, all, System.nanoTime());
  }

  @Override
  public boolean out(int node) {
    return health.out(node, System.nanoTime());
  }

  @Override
  public String absence(int expert) {
    return links.table().absence(layer, expert);
  }
}
