package dev.switchboard.benchmarks;

import dev.switchboard.model.Model;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code bench model}. */
@Command(
    name = "model",
    description = "Prompt and generated tokens a second of one model.",
    mixinStandardHelpOptions = true,
    versionProvider = Versions.class,
    footer = {
      "",
      "Examples:",
      "  ./switchboard bench model --prompt 512 --generate 48 --runs 5",
      "  ./switchboard bench model models/switchboard-default --nodes 2 --json"
    })
final class ModelCommand implements Callable<Integer> {
  @Mixin private Output output = new Output();
  @Mixin private Effort effort = new Effort();

  @Parameters(
      arity = "0..1",
      paramLabel = "PATH",
      description = "Model directory (default: the embedded one).")
  private Optional<Path> path = Optional.empty();

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "1",
      description =
          "Threads that compute in one process (default ${DEFAULT-VALUE}; this version uses one).")
  private int threads;

  @Option(
      names = "--nodes",
      paramLabel = "N",
      description =
          "Measure a router and N expert nodes instead of this process; 0: a router alone.")
  private Optional<Integer> nodes = Optional.empty();

  @Option(
      names = "--replicas",
      paramLabel = "N",
      defaultValue = "1",
      description = "Copies of each expert (default ${DEFAULT-VALUE}).")
  private int replicas;

  @Option(
      names = "--ids-file",
      paramLabel = "FILE",
      description =
          "Token ids, one a line: prompt from the first on, generation from the one after the prompt.")
  private Optional<Path> idsFile = Optional.empty();

  /** What one run reads and writes, and how often. */
  record Sizes(int prompt, int generate, int runs, Duration warmup) {
    String text() {
      return "prompt of %d tokens, %d generated, median of %d runs (least to most) after %d s of warm-up"
          .formatted(prompt, generate, runs, warmup.toSeconds());
    }
  }

  @Override
  public Integer call() {
    Checks.positive("--threads", threads);
    Path folder = path.orElseGet(Output::embeddedModel);
    Sizes sizes = effort.sizes();
    Machine machine = Machine.here();
    output.line(machine.text());
    output.line(sizes.text());
    Throughput result = output.show(measure(folder, sizes), Throughput::text);
    Map<String, Object> object = new LinkedHashMap<>(Output.json(result));
    object.put("model", folder.toString());
    object.put("threads", 1);
    object.put("prompt", sizes.prompt());
    object.put("generate", sizes.generate());
    object.put("machine", machine);
    output.json(object);
    return 0;
  }

  private Throughput measure(Path folder, Sizes sizes) {
    try (Model model = Model.open(folder)) {
      Workload work = Workload.of(idsFile, model.plan().vocabulary(), sizes);
      return nodes.isPresent()
          ? OverNodes.measure(
              folder,
              Checks.notNegative("--nodes", nodes.get()),
              Checks.positive("--replicas", replicas),
              work)
          : InProcess.measure(model, work);
    }
  }
}
