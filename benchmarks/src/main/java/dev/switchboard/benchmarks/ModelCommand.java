package dev.switchboard.benchmarks;

import dev.switchboard.model.Model;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bench model}. */
@Command(
    name = "model",
    description = "Prompt and generated tokens a second of one model.",
    mixinStandardHelpOptions = true,
    versionProvider = Versions.class,
    footer = {
      "",
      "Without --nodes: the forward pass alone, in this process. With it: a private cluster of"
          + " processes,",
      "measured from outside through the router.",
      "",
      "Examples:",
      "  ./switchboard bench model --prompt 512 --generate 48 --runs 5",
      "  ./switchboard bench model mixtral.gguf --threads 2 --depth 4096 --json",
      "  ./switchboard bench model models/switchboard-mini --nodes 2 --threads 1 --replicas 2"
          + " --json"
    })
final class ModelCommand implements Callable<Integer> {
  @Mixin private Output output = new Output();
  @Mixin private ModelPath modelPath = new ModelPath();
  @Mixin private IdsFile ids = new IdsFile();
  @Mixin private Effort effort = new Effort();
  @Mixin private ArrangementOptions arrangementOptions = new ArrangementOptions();

  @Option(
      names = "--read-speed",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description =
          "Measure how fast memory can be read, too (a second and 1 GiB; default"
              + " ${DEFAULT-VALUE}).")
  private boolean readSpeed;

  @Override
  public Integer call() {
    Path model = modelPath.path();
    Arrangement arrangement = arrangementOptions.checked();
    Sizes sizes = effort.sizes(arrangement.inThisProcess());
    Machine machine = Machine.here();
    output.line(machine.text());
    output.line(sizes.text());
    ModelReport report = measure(model, sizes, arrangement, machine);
    output.line(report.text());
    output.json(report.json());
    return 0;
  }

  private ModelReport measure(Path path, Sizes sizes, Arrangement arrangement, Machine machine) {
    try (Model model = Model.open(path)) {
      Workload work =
          Workload.of(ids.file(), model.plan().vocabulary(), sizes)
              .withStreams(arrangement.streams());
      Throughput throughput =
          arrangement.inThisProcess()
              ? InProcess.measure(model, arrangement.threads(), work)
              : OverNodes.measure(path, arrangement, work, model.sizes().keyValueBytesPerToken());
      output.show(throughput, Throughput::text);
      // Afterwards: at the start of a JVM its compiler reads and computes beside it.
      Optional<ReadSpeed.Result> read =
          readSpeed ? Optional.of(ReadSpeed.measure(arrangement.mostThreads())) : Optional.empty();
      long context = sizes.beforeGeneration() + (long) sizes.generate() * sizes.runs() / 2;
      return new ModelReport(
          String.valueOf(path.getFileName()),
          arrangement,
          sizes,
          throughput,
          ActiveBytes.perToken(model, context),
          read,
          machine);
    }
  }
}
