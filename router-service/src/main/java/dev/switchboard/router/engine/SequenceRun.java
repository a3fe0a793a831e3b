package dev.switchboard.router.engine;

import dev.switchboard.model.RoutingTrace;
import dev.switchboard.model.SequenceState;
import dev.switchboard.model.StepSegment.Logits;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * One running request between steps: which tokens it feeds next, and what it makes of a pass. The
 * engine's thread only.
 */
interface SequenceRun {
  /**
   * The run begins, for the first time.
   *
   * @return null if there is something to compute; otherwise it is complete, as in {@link #passed}
   */
  default @Nullable Runnable begin(long nowNanos) {
    return null;
  }

  /** Its state is there, before its first token or behind a prefix; again if it was given up. */
  default void started(SequenceState state) {}

  /**
   * Some of its tokens were read without some of their experts; also of repeated slices.
   *
   * @param first position of the first row
   * @return how many of them are new
   */
  default int degraded(int first, BitSet rows) {
    return 0;
  }

  /** The slice's token ids. */
  int[] tokens(Slice slice);

  /** All tokens so far, the prompt's first; the last one may not have been fed yet. */
  int[] known();

  /** After which of the slice's tokens logits are wanted. */
  default Logits logits(Slice slice) {
    return slice.wantsLogits() ? Logits.LAST : Logits.NONE;
  }

  /**
   * Takes what came of the slice; of repeated slices it never hears.
   *
   * @param logits [wanted rows, vocabulary], the last row after the slice's last token; null if
   *     none are wanted; read only during the call
   * @param choices experts that the slice's tokens chose
   * @return null if the request goes on; otherwise it is complete, and this tells its reader: to be
   *     run once the request is out of the books
   */
  @Nullable Runnable passed(
      Slice slice, float @Nullable [] logits, RoutingTrace choices, long nowNanos);

  RequestSink sink();

  /** The request's name in logs. */
  String name();
}
