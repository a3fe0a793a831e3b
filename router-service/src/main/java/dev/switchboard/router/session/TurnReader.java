package dev.switchboard.router.session;

import dev.switchboard.router.engine.RequestSink;

/** Who reads the answer of a turn. */
public interface TurnReader extends RequestSink {
  /** What of the session could not be kept; said before the end. */
  void sessionNote(String note);
}
