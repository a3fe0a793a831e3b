package dev.switchboard.benchmarks;

import dev.switchboard.model.Arithmetic;
import dev.switchboard.model.Model;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bench context}. */
@Command(
    name = "context",
    description = {
      "What a token costs behind a long text: time and memory over the last 1,000 tokens of each"
          + " length,",
      "in this process, and the first length once more at the end."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Versions.class,
    footer = {
      "",
      "A model with a state of constant size stays flat; attention grows with the length. --extend"
          + " says what",
      "the fitted line gives for a length that would take too long, marked as not measured.",
      "",
      "Examples:",
      "  ./switchboard bench context --lengths 1k,10k,100k,1M --json",
      "  ./switchboard bench context --model dense.gguf --lengths 1k,4k,16k --extend 100k --json >"
          + " dense.json",
      "  ./switchboard bench context --model mamba.gguf --lengths 1k,10k,100k --plot flat.svg"
          + " --beside dense.json"
    })
final class ContextCommand implements Callable<Integer> {
  @Mixin private Output output = new Output();
  @Mixin private ProcessorOptions processors = new ProcessorOptions();

  @Option(
      names = "--model",
      paramLabel = "PATH",
      description = "Model directory or GGUF file (default: the embedded model).")
  private Optional<Path> path = Optional.empty();

  @Option(
      names = "--lengths",
      paramLabel = "LIST",
      defaultValue = "1k,10k,100k",
      description = "Tokens, ascending; k and M may be used (default ${DEFAULT-VALUE}).")
  private String lengths = "";

  @Option(
      names = "--extend",
      paramLabel = "N",
      description = "Say what the fitted line gives at this length, too.")
  private Optional<String> extend = Optional.empty();

  @Option(
      names = "--generate",
      paramLabel = "N",
      defaultValue = "16",
      description =
          "Tokens one by one behind each length (default ${DEFAULT-VALUE}); 0 times none.")
  private int generate;

  @Option(
      names = "--runs",
      paramLabel = "N",
      defaultValue = "5",
      description =
          "Timed runs of each window at the least; the median counts (default ${DEFAULT-VALUE}).")
  private int runs;

  @Option(
      names = "--warmup",
      paramLabel = "SECONDS",
      defaultValue = "8",
      description = "Untimed work before (default ${DEFAULT-VALUE}).")
  private int warmupSeconds;

  @Option(
      names = "--ids-file",
      paramLabel = "FILE",
      description = "Token ids, one a line, taken round and round (default: random ones).")
  private Optional<Path> idsFile = Optional.empty();

  @Option(
      names = "--plot",
      paramLabel = "FILE",
      description =
          "Write pictures, SVG or PNG as the name ends: of reading, and beside it of generating and"
              + " of memory.")
  private Optional<Path> plot = Optional.empty();

  @Option(
      names = "--beside",
      paramLabel = "FILE",
      description =
          "JSON of another run, or of a peer, to be drawn with it; may be given several times.")
  private List<Path> beside = new ArrayList<>();

  @Override
  public Integer call() {
    List<Long> wanted = ContextLengths.parse(lengths);
    OptionalLong further =
        extend
            .map(text -> OptionalLong.of(ContextLengths.parse(text).getLast()))
            .orElse(OptionalLong.empty());
    if (further.isPresent() && wanted.size() < 2) {
      throw new UsageException("--extend: a line needs two lengths");
    }
    if (plot.isEmpty() && !beside.isEmpty()) {
      throw new UsageException("--beside goes with --plot");
    }
    plot.ifPresent(ContextPlot::check);
    Checks.notNegative("--generate", generate);
    Checks.positive("--runs", runs);
    long warmNanos = Duration.ofSeconds(Checks.notNegative("--warmup", warmupSeconds)).toNanos();
    int crew = processors.threads(Runtime.getRuntime().availableProcessors());
    Arithmetic.chooseKernels(processors.kernels());
    Machine machine = Machine.here();
    output.line(machine.text());
    Path file = path.orElseGet(Output::embeddedModel);
    try (Model model = Model.open(file)) {
      int[] ids = Workload.ids(idsFile, model.plan().vocabulary());
      ContextRun.Plan plan = new ContextRun.Plan(wanted, runs, generate, warmNanos, ids);
      List<ContextPoint> points = ContextRun.measure(model, crew, plan, new Progress());
      ContextReport report =
          new ContextReport(String.valueOf(file.getFileName()), crew, points, further, machine);
      output.line(report.text());
      output.json(report.json());
      plot.ifPresent(to ->
          ContextPlot.write(to, Output.tree(report.json()), beside)
              .forEach(written -> output.progress("written: " + written)));
    }
    return 0;
  }

  /** On standard error, that one sees how far a long text is. */
  private final class Progress implements ContextRun.Listener {
    @Override
    public void read(long tokens, long nanos) {
      output.progress(
          "%s tokens read in %.1f s".formatted(ContextLengths.text(tokens), nanos * 1e-9));
    }

    @Override
    public void timed(ContextPoint point) {
      output.line(point.text());
    }
  }
}
