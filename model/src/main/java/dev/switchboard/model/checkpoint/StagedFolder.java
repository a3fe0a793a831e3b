package dev.switchboard.model.checkpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A folder that appears under its name once it is whole: filled beside it, then renamed. What a
 * process that was killed left beside it is removed by the next one.
 */
public final class StagedFolder implements AutoCloseable {
  private final Path target;
  private final Path staging;
  private boolean committed;

  private StagedFolder(Path target, Path staging) {
    this.target = target;
    this.staging = staging;
  }

  /**
   * @throws CheckpointException if there is something of that name already, or nothing can be made
   *     there
   */
  public static StagedFolder beside(Path target) {
    Path absolute = target.toAbsolutePath().normalize();
    Path parent = absolute.getParent();
    if (parent == null) {
      throw new CheckpointException(target + ": cannot be written: it is no folder's path");
    }
    if (Files.exists(absolute, LinkOption.NOFOLLOW_LINKS)) {
      throw CheckpointException.in(target, "is there already; expected a new folder's name");
    }
    String name = "." + absolute.getFileName() + ".";
    try {
      Files.createDirectories(parent);
      removeLeftovers(parent, name);
      Path staging = parent.resolve(name + ProcessHandle.current().pid() + ".part");
      delete(staging);
      Files.createDirectory(staging);
      return new StagedFolder(absolute, staging);
    } catch (IOException | UncheckedIOException e) {
      throw new CheckpointException("%s: cannot be written: %s".formatted(target, e), e);
    }
  }

  /** Where to write. */
  public Path path() {
    return staging;
  }

  /**
   * The folder is whole.
   *
   * @throws CheckpointException if it cannot be renamed
   */
  public void commit() {
    try {
      Files.move(staging, target, StandardCopyOption.ATOMIC_MOVE);
      committed = true;
    } catch (IOException e) {
      throw new CheckpointException("%s: cannot be written: %s".formatted(target, e), e);
    }
  }

  /** Removes all, unless it was committed. */
  @Override
  public void close() {
    if (!committed) {
      try {
        delete(staging);
      } catch (IOException | UncheckedIOException _) {
        // It is not under the target's name; the next run removes it.
      }
    }
  }

  private static void removeLeftovers(Path parent, String name) throws IOException {
    Pattern ours = Pattern.compile(Pattern.quote(name) + "(\\d{1,18})\\.part");
    List<Path> dead;
    try (Stream<Path> entries = Files.list(parent)) {
      dead =
          entries
              .filter(entry -> {
                Matcher matcher = ours.matcher(String.valueOf(entry.getFileName()));
                return matcher.matches()
                    && ProcessHandle.of(Long.parseLong(matcher.group(1))).isEmpty();
              })
              .toList();
    }
    for (Path folder : dead) {
      delete(folder);
    }
  }

  private static void delete(Path folder) throws IOException {
    if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
      Files.deleteIfExists(folder);
      return;
    }
    try (Stream<Path> entries = Files.walk(folder)) {
      for (Path entry : entries.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(entry);
      }
    }
  }
}
