package dev.switchboard.router.dispatch;

import dev.switchboard.proto.codec.ExpertBatchFrame;
import dev.switchboard.proto.codec.WireRows;
import dev.switchboard.proto.v1.ExpertResult;
import dev.switchboard.router.dispatch.DispatchRound.GroupAnswer;
import java.util.List;

/** One layer's batches as messages, and their answers as rows of the call's outputs. */
interface Frames {
  ExpertBatchFrame frame(DispatchRound.Send send, long leftNanos);

  /**
   * Writes the rows of all OK groups to their slots.
   *
   * @return what became of each group
   * @throws IllegalArgumentException if the answer does not fit the batch; nothing is written then
   */
  List<GroupAnswer> scatter(NodeBatch batch, ExpertResult header, WireRows outputs);
}
