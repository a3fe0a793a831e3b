package dev.switchboard.proto.codec;

import java.io.IOException;

/** Bytes that changed on their way: their checksum tells, whatever they seem to say. */
final class CorruptFrameException extends IOException {
  private static final long serialVersionUID = 1L;

  /**
   * @param what else there is to say
   */
  CorruptFrameException(int sum, int expected, String what) {
    super("%s: %08x, expected %08x%s".formatted(ExpertNodeMethods.CORRUPT, sum, expected, what));
  }
}
