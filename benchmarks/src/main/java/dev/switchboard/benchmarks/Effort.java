package dev.switchboard.benchmarks;

import java.time.Duration;
import picocli.CommandLine.Option;

/** How long to measure. */
final class Effort {
  @Option(
      names = "--prompt",
      paramLabel = "N",
      defaultValue = "512",
      description = "Tokens of the prompt (default ${DEFAULT-VALUE}).")
  private int prompt;

  @Option(
      names = "--generate",
      paramLabel = "N",
      defaultValue = "64",
      description = "Tokens to generate (default ${DEFAULT-VALUE}).")
  private int generate;

  @Option(
      names = "--runs",
      paramLabel = "N",
      defaultValue = "5",
      description = "Timed runs (default ${DEFAULT-VALUE}).")
  private int runs;

  @Option(
      names = "--warmup",
      paramLabel = "SECONDS",
      defaultValue = "3",
      description = "Untimed runs before, for at least so long (default ${DEFAULT-VALUE}).")
  private int warmupSeconds;

  @Option(
      names = "--samples",
      paramLabel = "N",
      defaultValue = "5000",
      description = "Timed calls of a layer (default ${DEFAULT-VALUE}).")
  private int samples;

  ModelCommand.Sizes sizes() {
    return new ModelCommand.Sizes(
        Checks.positive("--prompt", prompt),
        Checks.positive("--generate", generate),
        Checks.positive("--runs", runs),
        Duration.ofSeconds(Checks.notNegative("--warmup", warmupSeconds)));
  }

  int samples() {
    return Checks.positive("--samples", samples);
  }
}
