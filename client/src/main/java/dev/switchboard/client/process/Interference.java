package dev.switchboard.client.process;

import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * What a process is told by its system though it is not so: another time of day, a full disk. A
 * small library between the process and the C library (LD_PRELOAD) reads it from a file that both
 * map, so no privilege is needed and nobody else is concerned. One thread says it.
 */
public final class Interference {
  private static final String SOURCE = "interference.c";
  private static final long BUILD_SECONDS = 60;
  private static final int CLOCK_AT = 0;
  private static final int DISK_AT = 8;
  private static final int BYTES = 16;

  private final Path library;
  private final Path file;

  private Interference(Path library, Path file) {
    this.library = library;
    this.file = file;
  }

  /** Whether the library can be built here: that takes Linux and a C compiler. */
  public static boolean possible() {
    return System.getProperty("os.name", "").equals("Linux") && compiler().isPresent();
  }

  private static Optional<Path> compiler() {
    String path = Objects.requireNonNullElse(System.getenv("PATH"), "");
    for (String folder : path.split(":", -1)) {
      Path found = Path.of(folder).resolve("cc");
      if (!folder.isEmpty() && Files.isExecutable(found)) {
        return Optional.of(found);
      }
    }
    return Optional.empty();
  }

  /**
   * Builds the library.
   *
   * @throws ClusterException with the compiler's words
   */
  static Path build(Path folder) {
    Path source = folder.resolve(SOURCE);
    Path library = folder.resolve("interference.so");
    Path words = folder.resolve("interference.log");
    Path cc = compiler().orElseThrow(() -> new ClusterException("there is no C compiler (cc)"));
    try (InputStream code = Interference.class.getResourceAsStream(SOURCE)) {
      Files.write(source, Objects.requireNonNull(code, SOURCE).readAllBytes());
      Process build =
          new ProcessBuilder(
                  cc.toString(),
                  "-O2",
                  "-shared",
                  "-fPIC",
                  "-o",
                  library.toString(),
                  source.toString(),
                  "-ldl")
              .redirectErrorStream(true)
              .redirectOutput(words.toFile())
              .start();
      if (!build.waitFor(BUILD_SECONDS, TimeUnit.SECONDS) || build.exitValue() != 0) {
        build.destroyForcibly();
        throw new ClusterException(cc + ": " + Files.readString(words));
      }
      return library;
    } catch (IOException e) {
      throw new ClusterException("cannot build " + library + ": " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ClusterException("interrupted while building " + library, e);
    }
  }

  /** For one place of a cluster, whichever process is in it. */
  static Interference with(Path library, Path folder, String name) {
    Interference made = new Interference(library, folder.resolve(name + ".interference"));
    try {
      Files.write(made.file, new byte[BYTES]);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + made.file, e);
    }
    return made;
  }

  Map<String, String> environment() {
    return Map.of("LD_PRELOAD", library.toString(), "SWITCHBOARD_INTERFERENCE", file.toString());
  }

  /** The time of day jumps; zero puts it right. */
  public void clock(Duration ahead) {
    say(CLOCK_AT, ahead.toNanos());
  }

  /** From now on nothing can be written to a file, or again. */
  public void diskFull(boolean full) {
    say(DISK_AT, full ? 1 : 0);
  }

  private void say(int at, long value) {
    try (RandomAccessFile said = new RandomAccessFile(file.toFile(), "rw")) {
      ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.nativeOrder());
      said.getChannel().write(bytes.putLong(value).flip(), at);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + file, e);
    }
  }
}
