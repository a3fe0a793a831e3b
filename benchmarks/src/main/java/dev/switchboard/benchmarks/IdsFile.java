package dev.switchboard.benchmarks;

import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The token ids that are read. */
final class IdsFile {
  @Option(
      names = "--ids-file",
      paramLabel = "FILE",
      description =
          "Token ids, one a line: prompt from the first on, generation from the one after the"
              + " prompt (default: random ones).")
  private Optional<Path> file = Optional.empty();

  Optional<Path> file() {
    return file;
  }
}
