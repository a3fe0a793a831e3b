package dev.switchboard.client.cli;

import java.time.Duration;

/** Between two looks at something that takes a while. */
final class Pauses {
  private static final Duration BIT = Duration.ofMillis(200);

  private Pauses() {}

  static void aBit() {
    try {
      Thread.sleep(BIT);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandException("interrupted", e);
    }
  }
}
