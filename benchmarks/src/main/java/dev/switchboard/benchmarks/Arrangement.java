package dev.switchboard.benchmarks;

import dev.switchboard.client.process.ClusterSpec;

/**
 * Who computes.
 *
 * @param threads of the one process, or of each node
 * @param routerThreads of the router beside nodes
 * @param nodes expert nodes; -1 for the forward pass alone, in this process
 * @param replicas copies of each expert
 * @param streams sequences that generate at once
 * @param kernels that were asked for
 * @param bound whether a cluster's computing threads keep to a processor each
 */
record Arrangement(
    int threads,
    int routerThreads,
    int nodes,
    int replicas,
    int streams,
    String kernels,
    boolean bound) {
  static final int THIS_PROCESS = -1;

  /** Not bound. */
  Arrangement(
      int threads, int routerThreads, int nodes, int replicas, int streams, String kernels) {
    this(threads, routerThreads, nodes, replicas, streams, kernels, false);
  }

  boolean inThisProcess() {
    return nodes == THIS_PROCESS;
  }

  Arrangement withNodes(int count) {
    return new Arrangement(threads, routerThreads, count, replicas, streams, kernels, bound);
  }

  /**
   * The same for a private cluster; a router alone computes with the threads of the one process.
   *
   * @param kvCacheBytes the router's memory for keys and values; 0: its own default
   */
  ClusterSpec.Compute compute(long kvCacheBytes) {
    return new ClusterSpec.Compute(
        threads, nodes == 0 ? threads : routerThreads, kernels, kvCacheBytes, bound && nodes > 0);
  }

  /** That compute at one time: router and nodes take turns. */
  int mostThreads() {
    return Math.max(inThisProcess() ? 1 : routerThreads, threads * Math.max(1, nodes));
  }
}
