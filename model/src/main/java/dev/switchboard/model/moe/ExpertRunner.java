package dev.switchboard.model.moe;

/** Where experts are computed: in this process, or far away. */
public interface ExpertRunner {
  /**
   * Computes the chosen experts of one layer for all tokens that are not dead, and writes {@code
   * call.outputs()}. Never throws for a lost expert: names it in the outcome, and leaves its rows
   * as they are.
   */
  MoeOutcome run(MoeCall call);

  /** A sequence has ended: forget what its experts remember. Unknown ids are ignored. */
  default void release(long sequenceId) {}
}
