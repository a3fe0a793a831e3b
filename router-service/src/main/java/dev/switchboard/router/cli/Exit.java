package dev.switchboard.router.cli;

import org.jspecify.annotations.Nullable;

/** Exit codes, and the one line that a failed command leaves. */
final class Exit {
  static final int DONE = 0;
  static final int FAILED = 1;
  static final int WRONG_USAGE = 2;

  private Exit() {}

  static int fail(@Nullable String message) {
    String line = message == null ? "failed without a message" : message.replace('\n', ' ');
    System.err.println("switchboard: " + line);
    return FAILED;
  }
}
