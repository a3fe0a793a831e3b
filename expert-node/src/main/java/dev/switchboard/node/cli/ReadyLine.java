package dev.switchboard.node.cli;

/** The line on standard output that says that the node can answer. */
final class ReadyLine {
  private ReadyLine() {}

  static String json(String id, String address) {
    // Neither ids nor addresses hold characters that JSON would have to escape.
    return "{\"ready\":\"node\",\"pid\":%d,\"id\":\"%s\",\"address\":\"%s\"}"
        .formatted(ProcessHandle.current().pid(), id, address);
  }
}
