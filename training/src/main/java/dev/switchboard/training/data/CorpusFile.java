package dev.switchboard.training.data;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A file with documents of one domain.
 *
 * @param path as a string, so that it can be sent
 * @param split what its name says it is for
 */
public record CorpusFile(String domain, String path, Kind kind, Split split)
    implements Serializable {
  /** How a file holds documents. */
  public enum Kind {
    TEXT,
    JSON_LINES,
    PARQUET
  }

  /** What documents are for. */
  public enum Split {
    TRAIN,
    TEST,
    /** Each document by itself, by its hash. */
    BY_DOCUMENT
  }

  /**
   * All files of all domains: the folders below {@code data} are the domains, what lies below a
   * folder are its files. Files whose name begins with {@code train} or {@code test} are for that.
   *
   * @throws IOException if there is no folder, a folder has no file, or a file is of no known kind
   */
  public static List<CorpusFile> find(Path data) throws IOException {
    if (!Files.isDirectory(data)) {
      throw new NoSuchFileException(data.toString(), null, "no such data directory");
    }
    List<CorpusFile> found = new ArrayList<>();
    for (Path folder : children(data)) {
      if (Files.isDirectory(folder)) {
        String domain = String.valueOf(folder.getFileName());
        int before = found.size();
        collect(folder, domain, found);
        if (found.size() == before) {
          throw new IOException("domain " + domain + " is empty: no file below " + folder);
        }
      }
    }
    if (found.isEmpty()) {
      throw new IOException("no domain below " + data + ": each is a folder of files");
    }
    return List.copyOf(found);
  }

  private static void collect(Path folder, String domain, List<CorpusFile> found)
      throws IOException {
    Optional<Kind> whole = kind(folder);
    for (Path path : children(folder)) {
      String name = String.valueOf(path.getFileName());
      if (name.startsWith(".") || name.startsWith("_")) {
        continue; // what Spark and others leave beside the data
      }
      if (Files.isDirectory(path)) {
        collect(path, domain, found);
      } else {
        Kind kind =
            kind(path)
                .or(() -> whole)
                .orElseThrow(() ->
                    new IOException(
                        path + ": of no known kind; expected .txt, .jsonl (also .gz), .parquet"));
        found.add(new CorpusFile(domain, path.toString(), kind, split(name)));
      }
    }
  }

  private static Split split(String name) {
    if (name.startsWith("train")) {
      return Split.TRAIN;
    }
    return name.startsWith("test") ? Split.TEST : Split.BY_DOCUMENT;
  }

  private static Optional<Kind> kind(Path path) {
    String name = String.valueOf(path.getFileName()).toLowerCase(Locale.ROOT);
    String plain = name.endsWith(".gz") ? name.substring(0, name.length() - 3) : name;
    if (plain.endsWith(".txt")) {
      return Optional.of(Kind.TEXT);
    }
    if (plain.endsWith(".jsonl") || plain.endsWith(".ndjson")) {
      return Optional.of(Kind.JSON_LINES);
    }
    return plain.endsWith(".parquet") ? Optional.of(Kind.PARQUET) : Optional.empty();
  }

  private static List<Path> children(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.sorted().toList();
    }
  }

  /**
   * The documents of a file of text or JSON lines.
   *
   * @param field of a JSON line that holds the text
   */
  public List<String> documents(String field) throws IOException {
    String text = Texts.read(Path.of(path));
    return switch (kind) {
      case TEXT -> Texts.documents(text);
      case JSON_LINES -> JsonLines.documents(text, field, path);
      case PARQUET -> throw new IllegalStateException("Parquet is Spark's to read");
    };
  }
}
