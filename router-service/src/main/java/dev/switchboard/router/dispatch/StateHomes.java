package dev.switchboard.router.dispatch;

/** Which node holds the state of a (token's sequence, stateful expert), and what becomes of it. */
interface StateHomes {
  /** There is no state yet: any replica may begin one. */
  int NEW = -1;

  /** There is a state, its node is gone, and it cannot be rebuilt. */
  int LOST = -2;

  /** There is a state that no node has, to be rebuilt on any replica. */
  int ADRIFT = -3;

  /** Experts without state. */
  StateHomes NONE = (expert, token) -> NEW;

  /** Number of the node's link, {@link #NEW}, {@link #LOST} or {@link #ADRIFT}. */
  int home(int expert, int token);

  /** Whether the router keeps what it takes to rebuild the state on another node. */
  default boolean rebuildable(int expert, int token) {
    return false;
  }

  /** The state is not where it should be. Returns whether it was there and can be rebuilt. */
  default boolean strayed(int expert, int token) {
    return false;
  }

  /** The token's sequence. */
  default long sequence(int token) {
    return token;
  }

  /** What rebuilding the state adds to a message. */
  default long rebuildBytes(int expert, int token) {
    return 0;
  }

  /** Most that rebuilding may add to one message; one state is always taken. */
  default long mostRebuildBytes() {
    return Long.MAX_VALUE;
  }
}
