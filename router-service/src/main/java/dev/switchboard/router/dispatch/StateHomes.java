package dev.switchboard.router.dispatch;

/** Which node holds the state of a (token's sequence, stateful expert). */
interface StateHomes {
  /** There is no state yet: any replica may begin one. */
  int NEW = -1;

  /** There is a state and its node is gone. */
  int LOST = -2;

  /** Experts without state. */
  StateHomes NONE = (expert, token) -> NEW;

  /** Number of the node's link, {@link #NEW} or {@link #LOST}. */
  int home(int expert, int token);
}
