package dev.switchboard.model.moe;

/** Where experts are computed: in this process, or far away. */
public interface ExpertRunner {
  /**
   * Computes the chosen experts of one layer for all tokens that are not dead, and writes {@code
   * call.outputs()}. Never throws for a lost expert: names it in the outcome, and leaves its rows
   * as they are.
   */
  MoeOutcome run(MoeCall call);

  /** A call whose answers may still be on their way. */
  interface Pending {
    /** Waits until {@code call.outputs()} are written; called once, by the thread that started. */
    MoeOutcome await();
  }

  /**
   * Begins what {@link #run} does: where experts are elsewhere, the caller can do other work until
   * it needs their answers. Everything the call holds must stay as it is until then.
   */
  default Pending start(MoeCall call) {
    MoeOutcome outcome = run(call);
    return () -> outcome;
  }

  /**
   * Whether {@link #start} returns before the answers are there, for several calls at once and
   * without an order between them; then a large step may be cut in two.
   */
  default boolean answersLater() {
    return false;
  }

  /** A sequence has ended: forget what its experts remember. Unknown ids are ignored. */
  default void release(long sequenceId) {}
}
