package dev.switchboard.training.data;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/** Reading of texts, gzipped or not. */
public final class Texts {
  private Texts() {}

  public static byte[] readBytes(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new NoSuchFileException(file.toString(), null, "no such file");
    }
    byte[] raw = Files.readAllBytes(file);
    boolean zipped = raw.length > 2 && (raw[0] & 0xff) == 0x1f && (raw[1] & 0xff) == 0x8b;
    if (!zipped) {
      return raw;
    }
    try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(raw))) {
      return in.readAllBytes();
    }
  }

  /**
   * @throws IOException if it is not UTF-8; characters that are cut at the file's ends are dropped
   */
  static String read(Path file) throws IOException {
    return Utf8.decode(readBytes(file), file.toString());
  }

  /** The documents of a text, without empty ones. */
  static List<String> documents(String text) {
    return Stream.of(text.split(Domain.SEPARATOR, -1)).filter(one -> !one.isEmpty()).toList();
  }

  /**
   * About {@code most} characters of {@code text}: some of many documents, else the beginning of
   * each.
   */
  static String sample(String text, long most) {
    if (text.length() <= most) {
      return text;
    }
    String[] documents = text.split(Domain.SEPARATOR, -1);
    double keep = (double) most / text.length();
    boolean whole = documents.length > 200;
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < documents.length; i++) {
      if (!whole) {
        out.append(documents[i], 0, (int) Math.ceil(documents[i].length() * keep));
      } else if ((long) (i * keep) != (long) ((i + 1) * keep)) {
        out.append(documents[i]);
      } else {
        continue;
      }
      out.append(Domain.SEPARATOR);
    }
    return out.toString();
  }

  /** {@code folder/name.txt} or {@code folder/name.txt.gz}, whichever exists. */
  public static Optional<Path> find(Path folder, String name) {
    return Stream.of(folder.resolve(name + ".txt"), folder.resolve(name + ".txt.gz"))
        .filter(Files::isRegularFile)
        .findFirst();
  }

  /** The sub-folders of {@code data} that hold a training text, in order of their names. */
  public static List<Path> domains(Path data) throws IOException {
    if (!Files.isDirectory(data)) {
      throw new NoSuchFileException(data.toString(), null, "no such data directory");
    }
    try (Stream<Path> entries = Files.list(data)) {
      List<Path> found =
          entries
              .filter(Files::isDirectory)
              .filter(d -> find(d, "train").isPresent())
              .sorted()
              .toList();
      if (found.isEmpty()) {
        throw new IOException("no DOMAIN/train.txt or DOMAIN/train.txt.gz below " + data);
      }
      return found;
    }
  }
}
