package dev.switchboard.router.dispatch;

/** The usable nodes at one moment, by the numbers of their links. */
interface Replicas {
  /** Nodes that hold the expert and can be sent to, ascending. */
  int[] nodes(int expert);

  /** Rows sent to the node and not yet answered. */
  long outstandingRows(int node);

  /** Why {@link #nodes} is empty, for people. */
  default String absence(int expert) {
    return "no live node holds it";
  }
}
