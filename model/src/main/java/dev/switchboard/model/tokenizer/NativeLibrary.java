package dev.switchboard.model.tokenizer;

import ai.djl.huggingface.tokenizers.jni.LibUtils;
import dev.switchboard.model.checkpoint.CheckpointException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import java.util.Optional;
import java.util.Properties;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads the tokenizers' native code from its jar. The binding's own loader first looks for CUDA,
 * its cloud and its settings, which costs more than everything else about a tokenizer; here the
 * library is unpacked once into the user's cache and loaded from there. The binding's loader still
 * serves the platforms that this one does not know. Neither opens a connection.
 */
final class NativeLibrary {
  private static final Logger LOG = LoggerFactory.getLogger(NativeLibrary.class);
  private static final String CACHE = "DJL_CACHE_DIR";

  private static boolean loaded;

  private NativeLibrary() {}

  /**
   * Loads once a JVM.
   *
   * @throws CheckpointException if this platform has no native tokenizer
   */
  static synchronized void load() {
    if (loaded) {
      return;
    }
    try {
      Optional<URL> resource =
          platform().map(name -> LibUtils.class.getResource("/native/lib/" + name));
      if (resource.isPresent()) {
        System.load(unpacked(resource.get()).toString());
      } else {
        loadByBinding();
      }
      loaded = true;
    } catch (IOException | RuntimeException | LinkageError e) {
      throw new CheckpointException(
          "the native tokenizer cannot be loaded on %s %s: %s"
              .formatted(
                  System.getProperty("os.name"), System.getProperty("os.arch"), e.getMessage()),
          e);
    }
  }

  private static Optional<String> platform() {
    String arch =
        switch (System.getProperty("os.arch", "")) {
          case "amd64", "x86_64" -> "x86_64";
          case "aarch64", "arm64" -> "aarch64";
          default -> "";
        };
    String os = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
    if (arch.isEmpty()) {
      return Optional.empty();
    }
    if (os.startsWith("linux")) {
      return Optional.of("linux-" + arch + "/cpu/libtokenizers.so");
    }
    return os.startsWith("mac")
        ? Optional.of("osx-" + arch + "/cpu/libtokenizers.dylib")
        : Optional.empty();
  }

  private static Path unpacked(URL resource) throws IOException {
    String fileName = resource.getPath().substring(resource.getPath().lastIndexOf('/') + 1);
    try {
      return unpackInto(
          Files.createDirectories(cacheFolder().resolve("tokenizers-" + version())),
          fileName,
          resource);
    } catch (IOException e) {
      LOG.debug(
          "The cache {} cannot be written; the native tokenizer goes to a temporary folder",
          cacheFolder(),
          e);
      Path folder = Files.createTempDirectory("switchboard-tokenizers");
      Path library = unpackInto(folder, fileName, resource);
      folder.toFile().deleteOnExit();
      library.toFile().deleteOnExit();
      return library;
    }
  }

  /** Other processes may be doing the same: each writes its own file and renames it. */
  private static Path unpackInto(Path folder, String fileName, URL resource) throws IOException {
    Path library = folder.resolve(fileName).toAbsolutePath();
    URLConnection connection = resource.openConnection();
    if (Files.exists(library) && Files.size(library) == connection.getContentLengthLong()) {
      return library;
    }
    Path temporary = Files.createTempFile(folder, fileName, ".tmp");
    try (InputStream in = connection.getInputStream()) {
      Files.copy(in, temporary, StandardCopyOption.REPLACE_EXISTING);
      Files.move(
          temporary, library, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(temporary);
    }
    return library;
  }

  private static String version() throws IOException {
    Properties properties = new Properties();
    try (InputStream in = LibUtils.class.getResourceAsStream("/native/lib/tokenizers.properties")) {
      if (in != null) {
        properties.load(in);
      }
    }
    return properties.getProperty("version", "unknown");
  }

  private static Path cacheFolder() {
    String given = System.getProperty(CACHE, System.getenv(CACHE));
    if (given != null && !given.isBlank()) {
      return Path.of(given);
    }
    return Path.of(System.getProperty("user.home", "."), ".cache", "switchboard", "djl");
  }

  private static void loadByBinding() {
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
    if (System.getProperty(CACHE, System.getenv(CACHE)) == null) {
      System.setProperty(CACHE, cacheFolder().toString());
    }
    LibUtils.checkStatus();
  }
}
