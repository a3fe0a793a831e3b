package dev.switchboard.router.dispatch;

/**
 * A layer's replicas as they are at this moment, each time: a node may come back within a round.
 *
 * @param stateful whether the layer's experts have states
 */
record LatestReplicas(int layer, boolean stateful, Traffic traffic) implements Replicas {
  private ReplicaTable table() {
    return traffic.links().table();
  }

  @Override
  public int[] nodes(int expert) {
    return table().nodes(layer, expert);
  }

  @Override
  public long outstandingRows(int node) {
    return table().outstandingRows(node);
  }

  /** A state stays where it begins: how quick a node is at this moment is no guide for it. */
  @Override
  public long load(int node, long rows) {
    long all = outstandingRows(node) + rows;
    return stateful ? all : traffic.health().load(node, all, traffic.now());
  }

  /** Who is not asked is tried with copies, which there are none of where experts have states. */
  @Override
  public boolean out(int node) {
    return stateful ? traffic.health().resting(node, traffic.now()) : traffic.health().out(node);
  }

  @Override
  public String absence(int expert) {
    return table().absence(layer, expert);
  }
}
