package dev.switchboard.node.runtime;

import dev.switchboard.proto.codec.ExpertBatchFrame;
import dev.switchboard.proto.codec.ExpertResultFrame;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * A batch that was admitted.
 *
 * @param arrivedNanos when, by the node's clock
 * @param deadlineNanos when it is too late to begin, by the same clock
 * @param router whose batch it is
 * @param abandoned whether nobody waits any more: it is then not computed
 * @param answer takes the result; called once, on the computing thread, never blocks, and has read
 *     the rows when it returns
 */
public record BatchJob(
    ExpertBatchFrame frame,
    long arrivedNanos,
    long deadlineNanos,
    String router,
    BooleanSupplier abandoned,
    Consumer<ExpertResultFrame> answer)
    implements Work {
  @Override
  public int tokens() {
    return frame.activations().count();
  }
}
