package dev.switchboard.model.moe;

import dev.switchboard.model.snapshot.ExpertSnapshot;
import dev.switchboard.model.snapshot.SnapshotException;
import dev.switchboard.model.snapshot.SnapshotException.Problem;
import java.util.List;

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
   * without an order between them.
   */
  default boolean answersLater() {
    return false;
  }

  /**
   * What its experts remember of a sequence, between two steps, by layer and expert; empty where
   * experts are stateless.
   *
   * @throws SnapshotException if a state cannot be had
   */
  default List<ExpertSnapshot> snapshot(long sequenceId) {
    return List.of();
  }

  /**
   * Its experts remember these from now on of a sequence that has none yet, or whose states are
   * replaced.
   *
   * @throws SnapshotException if one is not of an expert that there is, or cannot be put there; the
   *     sequence is to be released then
   */
  default void restore(long sequenceId, List<ExpertSnapshot> states) {
    if (!states.isEmpty()) {
      throw new SnapshotException(
          Problem.OTHER_MODEL, "there are no stateful experts here; given " + states.getFirst());
    }
  }

  /**
   * Another sequence that its experts remember the same of.
   *
   * @throws SnapshotException if there is no memory for it, or a state cannot be had
   */
  default void fork(long sequenceId, long newId) {
    restore(newId, snapshot(sequenceId));
  }

  /**
   * Whether a large step gains from being cut in two, the trunk computing one half while the
   * experts compute the other: the answers come later, and who computes them leaves the trunk's
   * threads a processor each. May change from step to step.
   *
   * @param trunkThreads that compute the trunk
   */
  default boolean overlaps(int trunkThreads) {
    return answersLater();
  }

  /** A sequence has ended: forget what its experts remember. Unknown ids are ignored. */
  default void release(long sequenceId) {}
}
