package dev.switchboard.router.dispatch;

/** The usable nodes at one moment, by the numbers of their links. */
interface Replicas {
  /** Nodes that hold the expert and can be sent to, ascending. */
  int[] nodes(int expert);

  /** Rows sent to the node and not yet answered. */
  long outstandingRows(int node);

  /**
   * What a node has to do, these rows included, in rows of a node that is as quick as any.
   *
   * @param rows beside those outstanding
   */
  default long load(int node, long rows) {
    return outstandingRows(node) + rows;
  }

  /** Whether the node is better not asked, where another can be. */
  default boolean out(int node) {
    return false;
  }

  /** Why {@link #nodes} is empty, for people. */
  default String absence(int expert) {
    return "no live node holds it";
  }
}
