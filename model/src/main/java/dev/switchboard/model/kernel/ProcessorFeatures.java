package dev.switchboard.model.kernel;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Which instructions the processor has that kernels could use, as Linux names them. */
final class ProcessorFeatures {
  static final Path INFO = Path.of("/proc/cpuinfo");

  private static final Set<String> TOLD =
      Set.of(
          "avx2",
          "fma",
          "f16c",
          "avx512f",
          "avx512bw",
          "avx512vl",
          "avx512_vnni",
          "avx512_bf16",
          "avx512_fp16",
          "avx_vnni",
          "amx_int8",
          "amx_bf16",
          "asimd",
          "asimddp",
          "bf16",
          "i8mm",
          "sve");

  private ProcessorFeatures() {}

  /** In alphabetical order; empty where the system does not tell. */
  static List<String> of(Path info) {
    try (BufferedReader lines = Files.newBufferedReader(info, StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        int colon = line.indexOf(':');
        if (colon > 0 && (line.startsWith("flags") || line.startsWith("Features"))) {
          TreeSet<String> found =
              new TreeSet<>(Arrays.asList(line.substring(colon + 1).strip().split(" ")));
          found.retainAll(TOLD);
          return List.copyOf(found);
        }
      }
    } catch (IOException e) {
      // Another system; it does not matter to any result.
    }
    return List.of();
  }
}
