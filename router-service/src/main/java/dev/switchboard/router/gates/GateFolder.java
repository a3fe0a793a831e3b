package dev.switchboard.router.gates;

import dev.switchboard.cluster.gates.GateRollout;
import dev.switchboard.cluster.gates.GateRolloutCodec;
import dev.switchboard.model.architecture.GateArtifact;
import dev.switchboard.model.checkpoint.CheckpointException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gates on disk, a directory a version, and the last rollout that was known: what a deployment that
 * starts again goes on with. Several routers may share one folder; a directory is there whole or
 * not at all.
 */
public final class GateFolder {
  private static final Logger LOG = LoggerFactory.getLogger(GateFolder.class);
  private static final Pattern VERSION = Pattern.compile("[0-9a-f]{16}");
  private static final String ROLLOUT = "rollout.state";

  private final Path folder;

  /**
   * Opens a folder; makes it if it is not there.
   *
   * @throws CheckpointException if it cannot be made
   */
  public GateFolder(Path folder) {
    this.folder = folder;
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new CheckpointException(
          "%s: cannot be made: %s (router.gates)".formatted(folder, e), e);
    }
  }

  /** Versions that are there, sound or not, in order of their names. */
  List<String> versions() {
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

  boolean has(String version) {
    return VERSION.matcher(version).matches() && Files.isDirectory(folder.resolve(version));
  }

  /**
   * @throws CheckpointException if it is not there, not sound, or of another version
   */
  GateArtifact read(String version) {
    if (!VERSION.matcher(version).matches()) {
      throw new CheckpointException("\"" + version + "\" is no version; they have 16 hex digits");
    }
    GateArtifact gates = GateArtifact.read(folder.resolve(version));
    if (!gates.version().equals(version)) {
      throw new CheckpointException(
          "%s: these are gates of version %s".formatted(folder.resolve(version), gates.version()));
    }
    return gates;
  }

  /** An empty directory beside the versions, to be filled and {@link #take taken}. */
  Path begin() {
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
  void take(Path filled, String version) {
    Path target = folder.resolve(version);
    try {
      if (!Files.isDirectory(target)) {
        Files.move(filled, target, StandardCopyOption.ATOMIC_MOVE);
      }
    } catch (FileAlreadyExistsException e) {
      LOG.debug("another router was quicker with gates {}", version);
    } catch (IOException e) {
      if (!Files.isDirectory(target)) {
        throw new CheckpointException("%s: cannot be written: %s".formatted(target, e), e);
      }
    }
  }

  /** Removes a directory that was begun, if it is still there. */
  static void drop(Path begun) {
    try (Stream<Path> files = Files.exists(begun) ? Files.list(begun) : Stream.empty()) {
      for (Path file : files.toList()) {
        Files.deleteIfExists(file);
      }
      Files.deleteIfExists(begun);
    } catch (IOException e) {
      LOG.warn("{} is left behind: {}", begun, e.toString());
    }
  }

  /** The rollout that was known last; what cannot be read was not known. */
  Optional<GateRollout> rollout() {
    Path file = folder.resolve(ROLLOUT);
    try {
      return Files.exists(file)
          ? Optional.of(GateRolloutCodec.decode(Files.readAllBytes(file)))
          : Optional.empty();
    } catch (IOException | IllegalArgumentException e) {
      LOG.warn("{} is not used: {}", file, e.toString());
      return Optional.empty();
    }
  }

  /** Remembers a rollout, whole or not at all. */
  void remember(GateRollout rollout) {
    try {
      Path beside = Files.createTempFile(folder, ".rollout-", "");
      Files.write(beside, GateRolloutCodec.encode(rollout));
      Files.move(
          beside,
          folder.resolve(ROLLOUT),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      LOG.warn("the rollout of gates is not remembered in {}: {}", folder, e.toString());
    }
  }
}
