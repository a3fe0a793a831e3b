package dev.switchboard.cluster.hazelcast;

/** What a process is in the grid. */
public enum Role {
  /** Holds grid data; the oldest keeps the placement. */
  ROUTER,
  /** Holds no grid data, so that one coming or dying moves nothing; waits for a router. */
  NODE
}
