package dev.switchboard.proto.codec;

import java.io.IOException;

/** Bytes that are no frame; the message says what was found and what was expected. */
final class MalformedFrameException extends IOException {
  private static final long serialVersionUID = 1L;

  MalformedFrameException(String message) {
    super(message);
  }
}
