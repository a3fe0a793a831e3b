package dev.switchboard.k8s.image;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** {@code k8s/build-images.sh}: writes the archives of both images. */
public final class ImageMain {
  private static final int ARGUMENTS = 4;

  private ImageMain() {}

  /** Repository, folder for the archives, version, and base image or {@code scratch}. */
  public static void main(String[] arguments) {
    if (arguments.length != ARGUMENTS) {
      System.err.println("expected REPOSITORY FOLDER VERSION BASE");
      System.exit(2);
    }
    try {
      Path out = Files.createDirectories(Path.of(arguments[1]));
      write(Path.of(arguments[0]), out, arguments[2], arguments[3]);
      // Jib's threads would keep the process for a while.
      System.exit(0);
    } catch (IOException | UncheckedIOException e) {
      System.err.println("switchboard: " + e.getMessage());
      System.exit(1);
    }
  }

  static void write(Path home, Path out, String version, String base) throws IOException {
    Path jdk = Path.of(System.getProperty("java.home"));
    ImageTar images = new ImageTar(home.toAbsolutePath().normalize(), out.resolve("work"), version);
    for (ImageKind kind : ImageKind.values()) {
      Path archive = out.resolve("switchboard-" + kind.command() + ".tar");
      images.write(kind, base, jdk, archive);
      System.out.printf("%s: %d MB packed%n", archive, Files.size(archive) / 1_000_000);
    }
  }
}
