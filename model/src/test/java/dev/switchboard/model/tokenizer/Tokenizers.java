package dev.switchboard.model.tokenizer;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Objects;
import java.util.zip.GZIPInputStream;

/** The real tokenizer, unpacked once a test run. */
final class Tokenizers {
  static final Path FILE = unpack();
  static final Tokenizer REAL = Tokenizer.open(FILE);

  private Tokenizers() {}

  private static Path unpack() {
    try (InputStream in =
        new GZIPInputStream(
            Objects.requireNonNull(
                Tokenizers.class.getResourceAsStream("/switchboard-8k.tokenizer.json.gz")))) {
      Path file = Files.createTempFile("switchboard-8k", ".tokenizer.json");
      file.toFile().deleteOnExit();
      Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
