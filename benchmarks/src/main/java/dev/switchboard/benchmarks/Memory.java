package dev.switchboard.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Memory of processes that is in RAM, mapped files included; 0 where the system does not say. */
final class Memory {
  private static final String FIELD = "VmRSS:";

  private Memory() {}

  static long ofThisProcess() {
    return of(ProcessHandle.current().pid());
  }

  static long of(long pid) {
    try {
      for (String line : Files.readAllLines(Path.of("/proc", Long.toString(pid), "status"))) {
        if (line.startsWith(FIELD)) {
          return 1024 * Long.parseLong(line.substring(FIELD.length()).replace("kB", "").strip());
        }
      }
    } catch (IOException | NumberFormatException e) {
      // Other systems do not have the file.
    }
    return 0;
  }
}
