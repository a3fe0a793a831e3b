package dev.switchboard.router.dispatch;

import dev.switchboard.proto.codec.WireRows;
import dev.switchboard.proto.v1.ExpertResult;

/** What a link says of one message that was sent. */
sealed interface Reply {
  long id();

  /**
   * The node answered, perhaps with refusals.
   *
   * @param outputs rows of floats, here or in shared memory
   * @param done to be run once the rows are read, or are not wanted
   */
  record Answer(long id, ExpertResult header, WireRows outputs, Runnable done) implements Reply {}

  /** No answer will come. */
  record Broken(long id, String reason) implements Reply {}
}
