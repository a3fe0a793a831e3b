package dev.switchboard.simulation;

/** What may happen to a cluster. */
enum Fault {
  NODE_KILLED,
  NODE_LEAVES,
  NODE_JOINS,
  NODE_HANGS,
  NODE_SLOW,
  NODE_REFUSES,
  LOADS_FAIL,
  ROUTER_KILLED,
  ROUTER_LEAVES,
  ROUTER_JOINS,
  ROUTER_HANGS,
  CONNECTIONS_RESET,
  /** Messages are lost, doubled, late, out of order. */
  BAD_WEATHER,
  /** Nothing passes between a router and a node, one way or both. */
  NETWORK_CUT,
  GRID_SPLIT,
  /** Calls of the grid fail, before they are made or after, and are slow. */
  GRID_CALLS_FAIL,
  CLOCK_JUMPS,
  /** Somebody drains or cordons a node. */
  NODE_MARKED,
  /** Somebody asks for the load to be evened. */
  REBALANCE_ASKED
}
