package dev.switchboard.router.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/**
 * Held-out documents by domain: {@code DIR/<domain>/test.txt} or {@code test.txt.gz}, documents
 * with a line of one NUL character between them.
 */
final class TestTexts {
  static final String SEPARATOR = "\n\0\n";
  private static final int MOST_BYTES = 1 << 30;

  private TestTexts() {}

  /**
   * @param perDocument characters that are read of a document at the most
   * @param perDomain characters after which no further document of a domain is read
   * @throws IllegalArgumentException if there are none, or one of the files cannot be read
   */
  static SequencedMap<String, List<String>> read(Path data, int perDocument, int perDomain) {
    SequencedMap<String, List<String>> domains = new TreeMap<>();
    for (Path folder : folders(data)) {
      for (String name : List.of("test.txt", "test.txt.gz")) {
        Path file = folder.resolve(name);
        if (Files.isRegularFile(file)) {
          List<String> documents = documents(text(file), perDocument, perDomain);
          if (documents.isEmpty()) {
            throw new IllegalArgumentException(file + " is empty");
          }
          domains.put(String.valueOf(folder.getFileName()), documents);
          break;
        }
      }
    }
    if (domains.isEmpty()) {
      throw new IllegalArgumentException("no DOMAIN/test.txt or DOMAIN/test.txt.gz below " + data);
    }
    return domains;
  }

  private static List<Path> folders(Path data) {
    if (!Files.isDirectory(data)) {
      throw new IllegalArgumentException("no folder " + data);
    }
    try (Stream<Path> entries = Files.list(data)) {
      return entries.filter(Files::isDirectory).toList();
    } catch (IOException e) {
      throw new IllegalArgumentException("cannot read " + data + ": " + e.getMessage(), e);
    }
  }

  static List<String> documents(String text, int perDocument, int perDomain) {
    List<String> found = new ArrayList<>();
    int read = 0;
    for (String document : text.split(SEPARATOR, -1)) {
      if (document.isEmpty()) {
        continue;
      }
      String part = whole(document, perDocument);
      found.add(part);
      read += part.length();
      if (read >= perDomain) {
        break;
      }
    }
    return found;
  }

  /** At most so many characters, none of them half. */
  private static String whole(String text, int most) {
    if (text.length() <= most) {
      return text;
    }
    return text.substring(0, Character.isHighSurrogate(text.charAt(most - 1)) ? most - 1 : most);
  }

  private static String text(Path file) {
    try (InputStream raw = Files.newInputStream(file);
        InputStream in = file.toString().endsWith(".gz") ? new GZIPInputStream(raw) : raw) {
      byte[] bytes = in.readNBytes(MOST_BYTES);
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException(file + " is not text in UTF-8", e);
    } catch (IOException e) {
      throw new IllegalArgumentException("cannot read " + file + ": " + e.getMessage(), e);
    }
  }
}
