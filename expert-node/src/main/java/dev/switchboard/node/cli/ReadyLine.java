package dev.switchboard.node.cli;

import java.util.Optional;

/** The line on standard output that says that the node can answer. */
final class ReadyLine {
  private ReadyLine() {}

  static String json(String id, String address, Optional<String> metrics) {
    // Neither ids nor addresses hold characters that JSON would have to escape.
    String more = metrics.map(",\"metrics\":\"%s\""::formatted).orElse("");
    return "{\"ready\":\"node\",\"pid\":%d,\"id\":\"%s\",\"address\":\"%s\"%s}"
        .formatted(ProcessHandle.current().pid(), id, address, more);
  }
}
