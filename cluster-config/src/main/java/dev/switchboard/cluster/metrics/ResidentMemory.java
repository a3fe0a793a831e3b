package dev.switchboard.cluster.metrics;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Memory of this process that is in RAM, mapped model pages included. */
public final class ResidentMemory {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final String FIELD = "VmRSS:";

  private ResidentMemory() {}

  /** In bytes; where the system does not say, what the JVM has of its heap. */
  public static long bytes() {
    try {
      for (String line : Files.readAllLines(STATUS)) {
        if (line.startsWith(FIELD)) {
          return 1024 * Long.parseLong(line.substring(FIELD.length()).replace("kB", "").strip());
        }
      }
    } catch (IOException | NumberFormatException notLinux) {
      // Falls through: other systems do not have the file.
    }
    return Runtime.getRuntime().totalMemory();
  }
}
