package dev.switchboard.training.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** A disk without room, where the system has the device that plays one. */
public final class FullDisk {
  private static final Path DEVICE = Path.of("/dev/full");

  private FullDisk() {}

  /** The next time that a file is written whole or not at all, there is no room for it. */
  public static void nextTime(Path file) {
    Assumptions.assumeTrue(Files.isWritable(DEVICE), "no " + DEVICE + " here");
    long pid = ProcessHandle.current().pid();
    try {
      Files.createSymbolicLink(
          file.resolveSibling("." + file.getFileName() + "." + pid + ".tmp"), DEVICE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
