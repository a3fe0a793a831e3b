package dev.switchboard.cluster.plan;

/** Why a copy came or went. */
public enum Why {
  /** It was not placed before. */
  FIRST,
  /** Its node is dead. */
  LOST,
  /** Its node leaves. */
  DRAINED,
  /** There were fewer copies than wanted. */
  TOO_FEW,
  /** There were more copies, or copies on a node, than there is room for. */
  NO_ROOM,
  /** All copies would have failed together. */
  TOGETHER,
  /** To even the load. */
  LOAD
}
