package dev.switchboard.node.runtime;

/** What the computing thread does, in the order in which it was admitted. */
sealed interface Work permits BatchJob, Work.StateCall {
  /** To be computed. */
  int tokens();

  /** A call about states: they belong to the computing thread. */
  record StateCall(Runnable body) implements Work {
    @Override
    public int tokens() {
      return 0;
    }
  }
}
