package dev.switchboard.router.files;

import dev.switchboard.model.checkpoint.CheckpointException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Things on disk, a directory each, by the 16 hex digits of their content. Several routers may
 * share one folder; a directory is there whole or not at all.
 */
public final class VersionFolder<T> {
  private static final Logger LOG = LoggerFactory.getLogger(VersionFolder.class);
  private static final Pattern VERSION = Pattern.compile("[0-9a-f]{16}");

  private final Path folder;
  private final Kind<T> kind;

  /**
   * What lies in the directories.
   *
   * @param name of one, for messages
   * @param read reads a directory; throws {@link CheckpointException} if it is not sound
   * @param version of what was read
   */
  public record Kind<T>(String name, Function<Path, T> read, Function<T, String> version) {}

  /**
   * Opens a folder; makes it if it is not there.
   *
   * @throws CheckpointException if it cannot be made
   */
  public VersionFolder(Path folder, Kind<T> kind) {
    this.folder = folder.toAbsolutePath().normalize();
    this.kind = kind;
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new CheckpointException(
          "%s: cannot be made: %s (router.gates)".formatted(folder, e), e);
    }
  }

  /** Versions that are there, sound or not, in order of their names. */
  public List<String> versions() {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries
          .map(entry -> String.valueOf(entry.getFileName()))
          .filter(name -> VERSION.matcher(name).matches())
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new CheckpointException("%s: cannot be listed: %s".formatted(folder, e), e);
    }
  }

  /** Whether a version is there, sound or not. */
  public boolean has(String version) {
    return find(version).isPresent();
  }

  /** Where a version lies, sound or not. */
  public Optional<Path> find(String version) {
    return Optional.of(version)
        .filter(name -> VERSION.matcher(name).matches())
        .map(folder::resolve)
        .filter(Files::isDirectory);
  }

  /**
   * @throws CheckpointException if it is not there, not sound, or of another version
   */
  public T read(String version) {
    if (!VERSION.matcher(version).matches()) {
      throw new CheckpointException(
          "\"%s\" is no version of %s; they have 16 hex digits".formatted(version, kind.name()));
    }
    Path directory = folder.resolve(version);
    T found = kind.read().apply(directory);
    String is = kind.version().apply(found);
    if (!is.equals(version)) {
      throw new CheckpointException("%s: this is %s %s".formatted(directory, kind.name(), is));
    }
    return found;
  }

  /** An empty directory beside the versions, to be filled and {@link #take taken}. */
  public Path begin() {
    try {
      return Files.createTempDirectory(folder, ".incoming-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Makes a directory that was filled that version. One that is there stays.
   *
   * @throws CheckpointException if it cannot be renamed
   */
  public void take(Path filled, String version) {
    Path target = folder.resolve(version);
    try {
      if (!Files.isDirectory(target)) {
        Files.move(filled, target, StandardCopyOption.ATOMIC_MOVE);
      }
    } catch (IOException e) {
      // Another router of this folder may have been quicker.
      if (!Files.isDirectory(target)) {
        throw new CheckpointException("%s: cannot be written: %s".formatted(target, e), e);
      }
    }
  }

  /** Removes a directory that was begun, if it is still there. */
  public static void drop(Path begun) {
    if (!Files.exists(begun)) {
      return;
    }
    try (Stream<Path> all = Files.walk(begun)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      LOG.warn("{} is left behind: {}", begun, e.toString());
    }
  }
}
