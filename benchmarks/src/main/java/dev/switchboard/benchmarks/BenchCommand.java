package dev.switchboard.benchmarks;

import dev.switchboard.model.Model;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** All measurements of the embedded model, one after another. */
@Command(
    name = "bench",
    description = "Measures tokens a second, and what a remote layer adds.",
    subcommands = {
      BenchCommand.All.class,
      ModelCommand.class,
      ClusterCommand.class,
      HopCommand.class,
      ServeCommand.class,
      ContextCommand.class,
      BookCommand.class,
      StartCommand.class,
      MovesCommand.class,
      KernelsCommand.class
    },
    mixinStandardHelpOptions = true,
    versionProvider = Versions.class,
    synopsisSubcommandLabel =
        "[all | model | cluster | hop | serve | context | book | start | moves | kernels]",
    footer = {
      "",
      "Without a subcommand: the embedded model in one process and over 1, 2 and 8 nodes, and the time",
      "that one remote MoE layer adds for one token at widths 1024 and 2048.",
      "",
      "Examples:",
      "  ./switchboard bench",
      "  ./switchboard bench model --prompt 512 --generate 64 --nodes 2 --json",
      "  ./switchboard bench cluster mixtral-q8_0.gguf --runs 9",
      "  ./switchboard bench hop --tokens 1 --width 2048 --json",
      "  ./switchboard bench context --lengths 1k,10k,100k",
      "  ./switchboard bench book book.txt",
      "  ./switchboard bench start",
      "  ./switchboard bench moves olmoe-q4_0.gguf --clients 4",
      "  ./switchboard bench kernels",
      "",
      "Exit codes: 0 done, 1 failed, 2 wrong usage."
    })
final class BenchCommand implements Callable<Integer> {
  private static final int[] NODES = {1, 2, 8};
  private static final int[] WIDTHS = {1024, 2048};
  private static final int SAMPLES = 5000;

  @Mixin private Output output = new Output();
  @Mixin private Effort effort = new Effort();

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description = "Model directory (default: the embedded one).")
  private Optional<Path> model = Optional.empty();

  @Override
  public Integer call() {
    return measureAll(output, effort, model.orElseGet(Output::embeddedModel));
  }

  /** The same under a name of its own. */
  @Command(
      name = "all",
      description = "All measurements (what bench does without a subcommand).",
      mixinStandardHelpOptions = true)
  static final class All implements Callable<Integer> {
    @Mixin private Output output = new Output();
    @Mixin private Effort effort = new Effort();

    @Option(
        names = "--model",
        paramLabel = "DIR",
        description = "Model directory (default: the embedded one).")
    private Optional<Path> model = Optional.empty();

    @Override
    public Integer call() {
      return measureAll(output, effort, model.orElseGet(Output::embeddedModel));
    }
  }

  private static int measureAll(Output output, Effort effort, Path path) {
    Machine machine = Machine.here();
    output.line(machine.text());
    output.line("model: " + path);
    List<Throughput> throughput = new ArrayList<>();
    try (Model model = Model.open(path)) {
      var sizes = effort.sizes(true);
      Workload work = Workload.of(Optional.empty(), model.plan().vocabulary(), sizes);
      output.line(sizes.text());
      throughput.add(
          output.show(InProcess.measure(model, alone(0).threads(), work), Throughput::text));
      throughput.add(output.show(OverNodes.measure(path, alone(0), work, 0), Throughput::text));
      for (int nodes : NODES) {
        throughput.add(
            output.show(OverNodes.measure(path, alone(nodes), work, 0), Throughput::text));
      }
    }
    List<Hop.Result> hops = new ArrayList<>();
    output.line("one remote MoE layer:");
    for (int width : WIDTHS) {
      Hop.Result hop =
          Hop.measure(
              width, 1, new Hop.Effort(SAMPLES, effort.sizes(true).warmup(), Optional.empty()));
      hops.add(output.show(hop, Hop.Result::text));
    }
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("machine", machine);
    all.put("model", path.toString());
    all.put("throughput", throughput.stream().map(Output::json).toList());
    all.put("hop", hops);
    output.json(all);
    return 0;
  }

  /** As a private cluster divides this machine by default. */
  private static Arrangement alone(int nodes) {
    int processors = Runtime.getRuntime().availableProcessors();
    return new Arrangement(
        Math.max(1, processors / Math.max(1, nodes)), processors, nodes, 1, 1, "auto");
  }
}
