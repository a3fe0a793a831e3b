package dev.switchboard.benchmarks;

import dev.switchboard.model.kernel.Kernels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Where the measurement was made: numbers without a machine mean nothing. */
record Machine(String processor, int cores, String kernels, String java, String system) {
  private static final Path CPU_INFO = Path.of("/proc/cpuinfo");

  static Machine here() {
    return new Machine(
        processorName(),
        Runtime.getRuntime().availableProcessors(),
        Kernels.describe(),
        Runtime.version().toString(),
        System.getProperty("os.name") + " " + System.getProperty("os.arch"));
  }

  private static String processorName() {
    try (Stream<String> lines = Files.lines(CPU_INFO)) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse("unknown");
    } catch (IOException e) {
      return System.getProperty("os.arch", "unknown");
    }
  }

  String text() {
    return "%s, %d cores, %s; kernels: %s; Java %s"
        .formatted(processor, cores, system, kernels, java);
  }
}
