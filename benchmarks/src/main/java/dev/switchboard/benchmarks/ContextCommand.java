package dev.switchboard.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import dev.switchboard.model.Arithmetic;
import dev.switchboard.model.Model;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
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
      "  ./switchboard bench context --model mamba.gguf --lengths 1k,10k,100k --against dense.gguf"
          + " --plot flat.svg"
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
      names = "--against",
      paramLabel = "PATH",
      description =
          "Another model (attention of the same size, say), measured in the same run to"
              + " --against-lengths, and by its fitted line at the longest of --lengths.")
  private Optional<Path> against = Optional.empty();

  @Option(
      names = "--against-lengths",
      paramLabel = "LIST",
      defaultValue = "1k,2k,4k",
      description = "Lengths of the other model (default ${DEFAULT-VALUE}).")
  private String againstLengths = "";

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
    List<Long> others = ContextLengths.parse(againstLengths);
    if (against.isPresent() && others.size() < 2) {
      throw new UsageException("--against-lengths: a line needs two lengths");
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
    How how = new How(crew, warmNanos, machine);
    ContextReport report = report(path.orElseGet(Output::embeddedModel), wanted, further, how);
    output.line(report.text());
    Map<String, @Nullable Object> json = report.json();
    Optional<ContextAgainst> compared =
        against.map(other ->
            new ContextAgainst(
                report, report(other, others, OptionalLong.of(wanted.getLast()), how)));
    compared.ifPresent(both -> {
      output.line(both.other().text());
      output.line(both.text());
      json.put("against", both.json());
    });
    output.json(json);
    plot.ifPresent(to -> draw(to, report, compared));
    return 0;
  }

  private void draw(Path to, ContextReport report, Optional<ContextAgainst> compared) {
    List<JsonNode> reports = new ArrayList<>();
    reports.add(Output.tree(report.json()));
    compared.ifPresent(both -> reports.add(Output.tree(both.other().json())));
    ContextPlot.write(to, reports, beside)
        .forEach(written -> output.progress("written: " + written));
  }

  /** How models are measured, one after the other. */
  private record How(int crew, long warmNanos, Machine machine) {}

  private ContextReport report(Path file, List<Long> wanted, OptionalLong further, How how) {
    try (Model model = Model.open(file)) {
      int[] ids = Workload.ids(idsFile, model.plan().vocabulary());
      var plan = new ContextRun.Plan(wanted, runs, generate, how.warmNanos, ids);
      List<ContextPoint> points = ContextRun.measure(model, how.crew, plan, new Progress());
      return new ContextReport(
          String.valueOf(file.getFileName()), how.crew, points, further, how.machine);
    }
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
