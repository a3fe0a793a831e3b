package dev.switchboard.router.dispatch;

/** How a batch goes to a node and its answer comes back. */
public enum HopWay {
  /** Memory that both processes of one host map. */
  LANE,
  /** gRPC on a socket of this host. */
  SOCKET,
  /** gRPC over TCP. */
  TCP
}
