package dev.switchboard.k8s.image;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A Java runtime of the modules that the processes need, linked by {@code jlink}. */
final class JavaRuntime {
  /** Hazelcast wants all of Java SE; the others are the kernels', the metrics' and diagnosis. */
  private static final String MODULES =
      String.join(
          ",",
          "java.se",
          "jdk.crypto.ec",
          "jdk.httpserver",
          "jdk.incubator.vector",
          "jdk.jcmd",
          "jdk.jfr",
          "jdk.management",
          "jdk.net",
          "jdk.nio.mapmode",
          "jdk.unsupported",
          "jdk.zipfs");

  private JavaRuntime() {}

  /**
   * Links it, unless it is there already for this JDK.
   *
   * @param jdk whose {@code jlink} is used
   * @param folder made anew
   */
  static void link(Path jdk, Path folder) throws IOException {
    if (Files.exists(folder.resolve("release"))
        && Files.getLastModifiedTime(folder.resolve("release"))
                .compareTo(Files.getLastModifiedTime(jdk.resolve("release")))
            >= 0) {
      return;
    }
    Trees.delete(folder);
    Tools.run(
        List.of(
            jdk.resolve("bin/jlink").toString(),
            "--add-modules",
            MODULES,
            "--strip-java-debug-attributes",
            "--no-header-files",
            "--no-man-pages",
            "--compress",
            "zip-6",
            "--output",
            folder.toString()));
  }
}
