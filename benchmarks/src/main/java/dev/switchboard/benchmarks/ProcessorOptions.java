package dev.switchboard.benchmarks;

import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** What of the processors a process takes, and how it computes. */
final class ProcessorOptions {
  private static final List<String> KERNELS = List.of("auto", "java", "native", "scalar");

  @Option(
      names = "--threads",
      paramLabel = "T",
      description =
          "Threads that compute: of this process, or of each node (default: all processors, divided"
              + " among the nodes, where there are any).")
  private Optional<Integer> threads = Optional.empty();

  @Option(
      names = "--kernels",
      paramLabel = "KIND",
      defaultValue = "auto",
      description = "What computes: auto, java, native or scalar (default ${DEFAULT-VALUE}).")
  private String kernels = "auto";

  /**
   * @param usual if nothing was said
   */
  int threads(int usual) {
    return threads.map(t -> Checks.threads("--threads", t)).orElse(usual);
  }

  String kernels() {
    if (!KERNELS.contains(kernels)) {
      throw new UsageException(
          "--kernels %s: expected one of %s".formatted(kernels, String.join(", ", KERNELS)));
    }
    return kernels;
  }
}
