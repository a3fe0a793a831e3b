package dev.switchboard.router.dispatch;

import dev.switchboard.proto.codec.ExpertResultFrame;

/** What a link says of one message that was sent. */
sealed interface Reply {
  long id();

  /** The node answered, perhaps with refusals. */
  record Answer(long id, ExpertResultFrame frame) implements Reply {}

  /** No answer will come. */
  record Broken(long id, String reason) implements Reply {}
}
