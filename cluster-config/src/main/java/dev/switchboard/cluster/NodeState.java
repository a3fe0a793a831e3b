package dev.switchboard.cluster;

/** Where an expert node is in its life. */
public enum NodeState {
  /** Present; loads, or waits for a placement. */
  JOINING,
  /** Holds what the placement of its {@code heldEpoch} gave it, kernels warm. */
  READY,
  /** Leaves soon: keeps what it holds until then, gets nothing new. */
  DRAINING,
  /** Present in the grid but does not answer calls. */
  UNREACHABLE
}
