package dev.switchboard.cluster;

/** Loads for tests. */
public final class Loads {
  public static final String MODEL = Nodes.MODEL;

  private Loads() {}

  /** Of a router that has sent so many tokens to expert 1 of the one layer. */
  public static RouterLoad router(String id, long tokens) {
    return router(id, ExpertCounts.of(1, 2, new long[] {0, tokens}), tokens);
  }

  public static RouterLoad router(String id, ExpertCounts tokens, long routed) {
    return new RouterLoad(id, MODEL, tokens, routed, 0, 0, 0, ProcessCost.NONE);
  }

  /** Of a node that has computed so many rows, at a multiply-add and a nanosecond each. */
  public static NodeLoad node(String id, long rows) {
    long[] work = new long[ServiceTimes.CLASSES];
    work[0] = rows;
    return node(id, new NodeWork(rows, 1, 0, rows, rows, ServiceTimes.of(work, work)));
  }

  public static NodeLoad node(String id, NodeWork done) {
    return new NodeLoad(id, MODEL, done, 0, 0, NodeMemory.NONE, ProcessCost.NONE);
  }
}
