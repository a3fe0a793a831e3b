package dev.switchboard.model.packcache;

import dev.switchboard.model.kernel.PackedShape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All packed weights that a user has: finds, checks and removes them. */
public final class PackCaches {
  private static final Logger LOG = LoggerFactory.getLogger(PackCaches.class);

  /** Suffix of a file whose content is the path of a folder beside a model. */
  static final String NOTE = ".at";

  /** Nobody writes one matrix for so long. */
  private static final Duration LEFTOVER = Duration.ofHours(1);

  /**
   * Packed weights of one model's files.
   *
   * @param bytes on disk
   * @param usedAt when a process last opened it
   * @param stale why no process will use it again; empty: one may
   */
  public record Entry(
      Path folder,
      Path model,
      String name,
      String fingerprint,
      int files,
      long bytes,
      Instant usedAt,
      Optional<String> stale) {}

  /** What is wrong with a file. */
  public record Damage(Path file, String what) {}

  private final Path user;

  private PackCaches(Path user) {
    this.user = user;
  }

  /** Of this user. */
  public static PackCaches ofUser() {
    return in(PackPlaces.userFolder());
  }

  static PackCaches in(Path user) {
    return new PackCaches(user);
  }

  /**
   * All that are known, the least recently used first.
   *
   * @param more folders, or models, to look in and beside too
   */
  public List<Entry> list(List<Path> more) throws IOException {
    Set<Path> folders = new LinkedHashSet<>();
    for (Path known : children(user)) {
      if (known.toString().endsWith(NOTE)) {
        Path noted = Path.of(Files.readString(known).strip());
        if (!Files.isDirectory(noted)) {
          Files.deleteIfExists(known);
          continue;
        }
        folders.add(noted);
      } else {
        folders.add(known);
      }
    }
    for (Path place : more) {
      folders.addAll(children(PackPlaces.beside(place)));
      folders.addAll(children(place));
    }
    List<Entry> entries = new ArrayList<>();
    for (Path folder : folders) {
      entry(folder).ifPresent(entries::add);
    }
    entries.sort(Comparator.comparing(Entry::usedAt).thenComparing(Entry::folder));
    return entries;
  }

  private static Optional<Entry> entry(Path folder) throws IOException {
    PackAbout about = PackAbout.read(folder).orElse(null);
    if (about == null) {
      return Optional.empty();
    }
    int files = 0;
    long bytes = 0;
    for (Path file : children(folder)) {
      bytes += sizeOf(file);
      files += file.toString().endsWith(PackFile.SUFFIX) ? 1 : 0;
    }
    FileTime used = Files.getLastModifiedTime(folder.resolve(PackAbout.FILE));
    return Optional.of(
        new Entry(
            folder,
            about.model(),
            about.name(),
            about.fingerprint(),
            files,
            bytes,
            used.toInstant(),
            stale(about)));
  }

  private static Optional<String> stale(PackAbout about) {
    if (about.layout() != PackedShape.LAYOUT_VERSION) {
      return Optional.of(
          "layout %s; this version has %s".formatted(about.layout(), PackedShape.LAYOUT_VERSION));
    }
    if (about.files().isEmpty()) {
      return Optional.empty();
    }
    if (!Files.exists(about.model())) {
      return Optional.of("the model is gone");
    }
    return about.fitsFiles() ? Optional.empty() : Optional.of("the model's files have changed");
  }

  /** Compares every byte of a folder with its checksums. */
  public List<Damage> verify(Entry entry) throws IOException {
    List<Damage> found = new ArrayList<>();
    for (Path file : children(entry.folder())) {
      if (file.toString().endsWith(PackFile.SUFFIX)) {
        try {
          PackFile.verify(file);
        } catch (PackFileException e) {
          found.add(new Damage(file, String.valueOf(e.getMessage())));
        }
      }
    }
    return found;
  }

  /** Removes a folder. Processes that have its files mapped go on with them. */
  public void remove(Entry entry) throws IOException {
    removeFolder(entry.folder());
    Path parent = entry.folder().getParent();
    if (parent != null && !parent.equals(user) && children(parent).isEmpty()) {
      Files.deleteIfExists(parent);
    }
    Files.deleteIfExists(user.resolve(entry.folder().getFileName() + NOTE));
  }

  /** What a process left that died while it wrote. */
  static void removeLeftovers(Path folder) throws IOException {
    Instant before = Instant.now().minus(LEFTOVER);
    for (Path file : children(folder)) {
      if (file.toString().endsWith(PackFile.TEMPORARY)
          && Files.getLastModifiedTime(file).toInstant().isBefore(before)) {
        Files.deleteIfExists(file);
      }
    }
  }

  /** What was packed of the same model before its files were changed. */
  static void removeOutdated(Path folder, PackSource source) throws IOException {
    Path model = source.path().toAbsolutePath().normalize();
    for (Path other : children(folder.getParent())) {
      PackAbout about = PackAbout.read(other).orElse(null);
      if (!other.equals(folder)
          && about != null
          && about.model().equals(model)
          && !about.fitsFiles()) {
        LOG.info("{}: removed; {} has changed since", other, model);
        removeFolder(other);
      }
    }
  }

  private static void removeFolder(Path folder) throws IOException {
    for (Path file : children(folder)) {
      Files.deleteIfExists(file);
    }
    Files.deleteIfExists(folder);
  }

  private static long sizeOf(Path file) throws IOException {
    return Files.isRegularFile(file) ? Files.size(file) : 0;
  }

  private static List<Path> children(@Nullable Path folder) throws IOException {
    if (folder == null || !Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.sorted().toList();
    }
  }
}
