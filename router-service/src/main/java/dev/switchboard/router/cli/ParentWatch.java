package dev.switchboard.router.cli;

import java.io.IOException;

/**
 * Ends the process when its standard input does: the system closes it when the parent dies, however
 * it dies.
 */
final class ParentWatch {
  private ParentWatch() {}

  static void start() {
    Thread.ofPlatform().name("parent-watch").daemon().start(ParentWatch::watch);
  }

  private static void watch() {
    byte[] ignored = new byte[256];
    try {
      int read = 0;
      while (read >= 0) {
        read = System.in.read(ignored);
      }
    } catch (IOException closed) {
      // As good as the end.
    }
    Runtime.getRuntime().halt(0);
  }
}
