package dev.switchboard.benchmarks;

import java.time.Duration;
import picocli.CommandLine.Option;

/** How long to measure. */
final class Effort {
  @Option(
      names = "--prompt",
      paramLabel = "N",
      defaultValue = "512",
      description = "Tokens of the prompt (default ${DEFAULT-VALUE}); 0 times none.")
  private int prompt;

  @Option(
      names = "--generate",
      paramLabel = "N",
      defaultValue = "64",
      description = "Tokens to generate (default ${DEFAULT-VALUE}); 0 times none.")
  private int generate;

  @Option(
      names = "--depth",
      paramLabel = "N",
      defaultValue = "0",
      description = "Tokens to read before the generated ones (default ${DEFAULT-VALUE}).")
  private int depth;

  @Option(
      names = "--runs",
      paramLabel = "N",
      defaultValue = "5",
      description = "Timed runs (default ${DEFAULT-VALUE}).")
  private int runs;

  @Option(
      names = "--warmup",
      paramLabel = "SECONDS",
      defaultValue = "-1",
      description =
          "Untimed work before, of prompts and of generation each: for at least so long, and until the"
              + " compilers of all processes rest, two minutes at the most (default: "
              + WARM_HERE
              + " in this process, "
              + WARM_OVER_NODES
              + " over others; 0: once).")
  private int warmupSeconds;

  private static final int WARM_HERE = 8;
  private static final int WARM_OVER_NODES = 25;

  /**
   * @param here whether this process computes, and no other
   */
  Sizes sizes(boolean here) {
    int warmup = warmupSeconds == -1 ? (here ? WARM_HERE : WARM_OVER_NODES) : warmupSeconds;
    return new Sizes(
        Checks.notNegative("--prompt", prompt),
        Checks.notNegative("--generate", generate),
        Checks.notNegative("--depth", depth),
        Checks.positive("--runs", runs),
        Duration.ofSeconds(Checks.notNegative("--warmup", warmup)));
  }
}
