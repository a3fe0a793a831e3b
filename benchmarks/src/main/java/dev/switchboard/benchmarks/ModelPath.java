package dev.switchboard.benchmarks;

import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Parameters;

/** The model that is measured. */
final class ModelPath {
  @Parameters(
      arity = "0..1",
      paramLabel = "PATH",
      description = "Model directory or GGUF file (default: the embedded model).")
  private Optional<Path> path = Optional.empty();

  Path path() {
    return path.orElseGet(Output::embeddedModel);
  }
}
