package dev.switchboard.router.added;

import dev.switchboard.model.architecture.AddedExpert;
import dev.switchboard.model.checkpoint.CheckpointException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Added experts on disk, a directory each, by fingerprint. Several routers may share one folder; a
 * directory is there whole or not at all.
 */
public final class ExpertFolder {
  private static final Logger LOG = LoggerFactory.getLogger(ExpertFolder.class);
  private static final Pattern FINGERPRINT = Pattern.compile("[0-9a-f]{16}");

  private final Path folder;

  /**
   * Opens a folder; makes it if it is not there.
   *
   * @throws CheckpointException if it cannot be made
   */
  public ExpertFolder(Path folder) {
    this.folder = folder.toAbsolutePath().normalize();
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new CheckpointException(
          "%s: cannot be made: %s (router.gates)".formatted(folder, e), e);
    }
  }

  /** Whether an expert is there. */
  public boolean has(String fingerprint) {
    return find(fingerprint).isPresent();
  }

  /** Where an expert lies, sound or not. */
  public Optional<Path> find(String fingerprint) {
    return Optional.of(fingerprint)
        .filter(name -> FINGERPRINT.matcher(name).matches())
        .map(folder::resolve)
        .filter(Files::isDirectory);
  }

  /**
   * @throws CheckpointException if it is not there, not sound, or another one
   */
  AddedExpert read(String fingerprint) {
    if (!FINGERPRINT.matcher(fingerprint).matches()) {
      throw new CheckpointException(
          "\"" + fingerprint + "\" is no fingerprint of an expert; they have 16 hex digits");
    }
    AddedExpert expert = AddedExpert.read(folder.resolve(fingerprint));
    if (!expert.fingerprint().equals(fingerprint)) {
      throw new CheckpointException(
          "%s: this is expert %s".formatted(expert.source(), expert.fingerprint()));
    }
    return expert;
  }

  /** An empty directory beside the experts, to be filled and {@link #take taken}. */
  Path begin() {
    try {
      return Files.createTempDirectory(folder, ".incoming-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Makes a directory that was filled that expert's. One that is there stays.
   *
   * @throws CheckpointException if it cannot be renamed
   */
  void take(Path filled, String fingerprint) {
    Path target = folder.resolve(fingerprint);
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
  static void drop(Path begun) {
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
