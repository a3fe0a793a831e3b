package dev.switchboard.benchmarks;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;

/** Files of {@code bench book}. */
final class BookText {
  private BookText() {}

  /**
   * Writes the first bytes of a book into a file of their own, up to the last white space among
   * them: no character is cut.
   */
  static Path beginning(Path book, long bytes, Path folder) {
    try (InputStream in = Files.newInputStream(book)) {
      byte[] begin = in.readNBytes(Math.toIntExact(Math.min(bytes, Files.size(book))));
      int end = begin.length;
      while (end > 0 && begin.length < Files.size(book) && !isSpace(begin[end - 1])) {
        end--;
      }
      if (end == 0) {
        throw new BenchException(book + ": no white space in its first " + bytes + " bytes");
      }
      return Files.write(folder.resolve("book.txt"), Arrays.copyOf(begin, end));
    } catch (IOException e) {
      throw new BenchException("cannot read " + book + ": " + e.getMessage());
    }
  }

  private static boolean isSpace(byte b) {
    return b == ' ' || b == '\n' || b == '\r' || b == '\t';
  }

  /** A folder of files. */
  static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
  }
}
