package dev.switchboard.router.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A value on disk, whole or not at all. A disk that fails costs what a restart would have known,
 * and a line in the log.
 *
 * @param encode its bytes
 * @param decode throws {@link IllegalArgumentException} for what is none
 */
public record StateFile<T>(Path path, Function<T, byte[]> encode, Function<byte[], T> decode) {
  private static final Logger LOG = LoggerFactory.getLogger(StateFile.class);

  /** What was written last; what cannot be read was never written. */
  public Optional<T> read() {
    try {
      return Files.exists(path)
          ? Optional.of(decode.apply(Files.readAllBytes(path)))
          : Optional.empty();
    } catch (IOException | IllegalArgumentException e) {
      LOG.warn("{} is not used: {}", path, e.toString());
      return Optional.empty();
    }
  }

  /** Has it on disk when it returns, if that can be written. */
  public void write(T value) {
    try {
      Path beside = Files.createTempFile(path.resolveSibling(""), ".state-", "");
      try {
        Files.write(beside, encode.apply(value));
        Files.move(
            beside, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(beside);
      }
    } catch (IOException e) {
      LOG.warn("{} cannot be written: {}", path, e.toString());
    }
  }
}
