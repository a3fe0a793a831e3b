package dev.switchboard.node.cli;

import java.util.SplittableRandom;

/** Names of node processes: readable by the process id, never used twice. */
final class NodeIds {
  private NodeIds() {}

  static String next() {
    long random = new SplittableRandom().nextLong() ^ System.nanoTime();
    return "node-%d-%06x".formatted(ProcessHandle.current().pid(), random & 0xFF_FFFF);
  }
}
