package dev.switchboard.benchmarks;

import dev.switchboard.model.Arithmetic;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Who computes. */
final class ArrangementOptions {
  private static final List<String> BF16 = List.of("exact", "dot");
  private static final List<String> KV = List.of("f32", "f16");

  @Mixin private ProcessorOptions processors = new ProcessorOptions();
  @Mixin private Binding binding = new Binding();

  @Option(
      names = "--router-threads",
      paramLabel = "T",
      description = "Threads of the router beside nodes (default: all processors).")
  private Optional<Integer> routerThreads = Optional.empty();

  @Option(
      names = "--nodes",
      paramLabel = "N",
      description =
          "Measure a router and N expert nodes instead of this process; 0: a router alone.")
  private Optional<Integer> nodes = Optional.empty();

  @Option(
      names = "--replicas",
      paramLabel = "R",
      defaultValue = "1",
      description = "Copies of each expert (default ${DEFAULT-VALUE}).")
  private int replicas;

  @Option(
      names = "--streams",
      paramLabel = "N",
      defaultValue = "1",
      description =
          "Sequences that generate at once; tokens are counted together (default"
              + " ${DEFAULT-VALUE}).")
  private int streams;

  @Option(
      names = "--bf16",
      paramLabel = "HOW",
      defaultValue = "exact",
      description =
          "How BF16 weights meet activations in this process: exact, or dot, which rounds them"
              + " (default ${DEFAULT-VALUE}).")
  private String bf16 = "exact";

  @Option(
      names = "--kv",
      paramLabel = "TYPE",
      defaultValue = "f32",
      description =
          "How keys and values are kept in this process: f32, or f16, which rounds them (default"
              + " ${DEFAULT-VALUE}).")
  private String kv = "f32";

  /** Decides for this process as well. */
  Arrangement checked() {
    Arrangement arrangement = arrangement();
    if (!BF16.contains(bf16)) {
      throw new UsageException(
          "--bf16 %s: expected one of %s".formatted(bf16, String.join(", ", BF16)));
    }
    if (!arrangement.inThisProcess() && !bf16.equals(BF16.getFirst())) {
      throw new UsageException("--bf16: not with --nodes; a cluster's setting is grid.bf16");
    }
    if (!KV.contains(kv)) {
      throw new UsageException("--kv %s: expected one of %s".formatted(kv, String.join(", ", KV)));
    }
    if (!arrangement.inThisProcess() && !kv.equals(KV.getFirst())) {
      throw new UsageException("--kv: not with --nodes; a cluster's setting is router.kvCacheType");
    }
    Arithmetic.chooseBf16(bf16);
    Arithmetic.chooseKeysAndValues(kv);
    Arithmetic.chooseKernels(processors.kernels());
    return arrangement;
  }

  private Arrangement arrangement() {
    String kernels = processors.kernels();
    int available = Runtime.getRuntime().availableProcessors();
    int count = nodes.map(n -> Checks.notNegative("--nodes", n)).orElse(Arrangement.THIS_PROCESS);
    if (count < 1 && routerThreads.isPresent()) {
      throw new UsageException("--router-threads: without --nodes, --threads says it");
    }
    if (Checks.positive("--replicas", replicas) > Math.max(1, count)) {
      throw new UsageException(
          "--replicas %d: expected 1 to the number of nodes, %d"
              .formatted(replicas, Math.max(0, count)));
    }
    int own = Math.max(1, available / Math.max(1, count));
    return new Arrangement(
        processors.threads(own),
        routerThreads.map(t -> Checks.threads("--router-threads", t)).orElse(available),
        count,
        replicas,
        Checks.positive("--streams", streams),
        kernels,
        binding.bound());
  }
}
