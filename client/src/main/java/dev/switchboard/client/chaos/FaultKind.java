package dev.switchboard.client.chaos;

/** What is done to the cluster. */
public enum FaultKind {
  /** A node's process is ended as by {@code kill -9}; another is started in its place. */
  NODE_KILLED,
  /** A node does nothing for some seconds, and does not know it (SIGSTOP, SIGCONT). */
  NODE_HUNG,
  /** A node gets a tenth of its time. */
  NODE_SLOW,
  /** A node is asked to end (SIGTERM), and started again. */
  NODE_RESTARTED,
  /** A router's process is ended as by {@code kill -9}; another is started in its place. */
  ROUTER_KILLED,
  /** Connections to a node are reset, in the middle of messages, again and again. */
  CONNECTION_RESET,
  /** One packet in twenty to or from a node is lost: what follows it waits for its repetition. */
  PACKETS_LOST,
  /** Nothing passes between routers and a node, and nobody is told. */
  PARTITIONED,
  /** Nothing comes to a node; what it sends arrives. */
  PARTITIONED_TO_NODE,
  /** Nothing comes from a node; what it is sent arrives. */
  PARTITIONED_FROM_NODE,
  /** Bits of messages to and from a node change. */
  CORRUPTED;

  /** Whether it is done to what lies between routers and a node. */
  boolean onTheWire() {
    return compareTo(CONNECTION_RESET) >= 0;
  }

  /** Whether a router is its victim. */
  boolean ofRouter() {
    return this == ROUTER_KILLED;
  }
}
