package dev.switchboard.k8s.image;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The C library of the machine that builds, and what of it Java and our native libraries load: a
 * base image of a dozen files, for which no registry is asked. An image that shall run on older
 * processors or be patched by others has a base of its own instead.
 */
final class CLibrary {
  private static final List<Path> PLACES =
      List.of(
          Path.of("/lib64"),
          Path.of("/lib/x86_64-linux-gnu"),
          Path.of("/usr/lib/x86_64-linux-gnu"),
          Path.of("/usr/lib64"));

  private static final String LOADER = "ld-linux-x86-64.so.2";

  private static final List<String> NEEDED =
      List.of(LOADER, "libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2", "librt.so.1");

  /** The compiler's run time, and names of hosts on older systems. */
  private static final List<String> WHERE_THERE =
      List.of(
          "libgcc_s.so.1",
          "libstdc++.so.6",
          "libz.so.1",
          "libresolv.so.2",
          "libnss_dns.so.2",
          "libnss_files.so.2");

  private CLibrary() {}

  /**
   * Where each file belongs in the image, and where it is here.
   *
   * @throws IOException if one that cannot be done without is not found
   */
  static Map<String, Path> files() throws IOException {
    Map<String, Path> files = new LinkedHashMap<>();
    for (String name : NEEDED) {
      if (!add(name, files)) {
        throw new IOException("%s is in none of %s".formatted(name, PLACES));
      }
    }
    for (String name : WHERE_THERE) {
      add(name, files);
    }
    return files;
  }

  private static boolean add(String name, Map<String, Path> files) throws IOException {
    for (Path place : PLACES) {
      Path file = place.resolve(name);
      if (Files.exists(file)) {
        // Programs name the loader by its place in /lib64; it looks for the others where they were.
        files.put(name.equals(LOADER) ? "/lib64/" + LOADER : file.toString(), file.toRealPath());
        return true;
      }
    }
    return false;
  }
}
