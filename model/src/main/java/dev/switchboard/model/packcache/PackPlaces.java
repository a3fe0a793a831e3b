package dev.switchboard.model.packcache;

import dev.switchboard.model.kernel.PackedShape;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where a model's packed weights are kept: in {@code FOLDER/.switchboard} or {@code
 * FILE.gguf.switchboard}, beside what they were made of; where that cannot be written, in the
 * user's cache folder; or in a folder that was named. Within, a folder for each identity: content,
 * sizes and times of the model's files, layout version.
 */
final class PackPlaces {
  private static final Logger LOG = LoggerFactory.getLogger(PackPlaces.class);

  private PackPlaces() {}

  /** The user's own caches, and notes of those that lie beside models. */
  static Path userFolder() {
    String xdg = System.getenv("XDG_CACHE_HOME");
    Path caches =
        xdg == null || xdg.isBlank()
            ? Path.of(System.getProperty("user.home", "."), ".cache")
            : Path.of(xdg);
    return caches.resolve("switchboard").resolve("packs");
  }

  /** The folder beside a model's files. */
  static Path beside(Path model) {
    Path absolute = model.toAbsolutePath().normalize();
    return Files.isDirectory(absolute)
        ? absolute.resolve(".switchboard")
        : absolute.resolveSibling(absolute.getFileName() + ".switchboard");
  }

  /** Names a model's very files. Empty if one of them cannot be looked at. */
  static Optional<String> identity(PackSource source) {
    try {
      List<String> lines = new ArrayList<>();
      lines.add(PackedShape.LAYOUT_VERSION + " " + source.fingerprint());
      for (String line : PackSource.lines(source.files())) {
        // By name, not by place: a model may be moved.
        lines.add(line.substring(0, line.lastIndexOf('\t')));
        lines.add(
            String.valueOf(Path.of(line.substring(line.lastIndexOf('\t') + 1)).getFileName()));
      }
      return Optional.of(PackFolder.nameOf(String.join("\n", lines)));
    } catch (IOException e) {
      LOG.warn("{}: packed weights are not kept: {}", source.path(), e.toString());
      return Optional.empty();
    }
  }

  /**
   * Opens the folder, or makes one.
   *
   * @param user {@link #userFolder()}
   */
  static Optional<PackFolder> open(PackSource source, PackOptions options, Path user) {
    String identity = identity(source).orElse(null);
    if (identity == null) {
      return Optional.empty();
    }
    List<Path> candidates = new ArrayList<>();
    options
        .folder()
        .ifPresentOrElse(
            candidates::add,
            () -> {
              candidates.add(beside(source.path()));
              candidates.add(user);
            });
    IOException failed = null;
    for (Path parent : candidates) {
      Path folder = parent.resolve(identity);
      try {
        boolean writes = settle(folder, source);
        if (!parent.equals(user)) {
          note(user, folder);
        }
        return Optional.of(new PackFolder(folder, options, writes));
      } catch (IOException e) {
        failed = e;
      }
    }
    sayWithout(source, failed);
    return Optional.empty();
  }

  /** Whether files can be added; throws if there are none and none can be. */
  private static boolean settle(Path folder, PackSource source) throws IOException {
    if (Files.isDirectory(folder) && !Files.isWritable(folder)) {
      return false;
    }
    Files.createDirectories(folder);
    PackAbout.of(source).write(folder);
    PackCaches.removeLeftovers(folder);
    PackCaches.removeOutdated(folder, source);
    return true;
  }

  /** Leaves a note where `cache ls` looks. */
  private static void note(Path user, Path folder) {
    Path note = user.resolve(folder.getFileName() + PackCaches.NOTE);
    try {
      if (!Files.exists(note)) {
        Files.createDirectories(user);
        Files.write(note, folder.toString().getBytes(StandardCharsets.UTF_8));
      }
    } catch (IOException e) {
      LOG.debug("no note of {} in {}", folder, user, e);
    }
  }

  private static void sayWithout(PackSource source, @Nullable IOException failed) {
    LOG.warn(
        "{}: packed weights are not kept: {}; going on without, a start takes longer",
        source.path(),
        String.valueOf(failed));
  }
}
