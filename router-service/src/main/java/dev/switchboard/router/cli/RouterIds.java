package dev.switchboard.router.cli;

import java.security.SecureRandom;

/** Names of router processes: readable by the process id, never used twice. */
final class RouterIds {
  private RouterIds() {}

  static String next() {
    return "router-%d-%06x"
        .formatted(ProcessHandle.current().pid(), new SecureRandom().nextInt(1 << 24));
  }
}
