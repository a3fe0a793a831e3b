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
   * Links it, unless it is there already, of these modules of this JDK.
   *
   * @param jdk whose {@code jlink} is used
   * @param folder made anew
   */
  static void link(Path jdk, Path folder) throws IOException {
    link(jdk, MODULES, folder);
  }

  static void link(Path jdk, String modules, Path folder) throws IOException {
    Path stamp = folder.resolveSibling(folder.getFileName() + ".made-of");
    String madeOf = modules + "\n" + Files.readString(jdk.resolve("release"));
    if (Files.exists(folder.resolve("release"))
        && Files.exists(stamp)
        && Files.readString(stamp).equals(madeOf)) {
      return;
    }
    Files.deleteIfExists(stamp);
    Trees.delete(folder);
    Tools.run(
        List.of(
            jdk.resolve("bin/jlink").toString(),
            "--add-modules",
            modules,
            "--strip-java-debug-attributes",
            "--no-header-files",
            "--no-man-pages",
            "--compress",
            "zip-6",
            "--output",
            folder.toString()));
    Files.writeString(stamp, madeOf);
  }
}
