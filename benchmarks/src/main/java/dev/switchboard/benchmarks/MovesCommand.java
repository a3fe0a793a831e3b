package dev.switchboard.benchmarks;

import dev.switchboard.benchmarks.ServeLoad.Range;
import dev.switchboard.client.process.ClusterSpec;
import dev.switchboard.client.process.LaunchFiles;
import dev.switchboard.client.process.PrivateCluster;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bench moves}. */
@Command(
    name = "moves",
    description = "What moving weights costs those who are being answered.",
    mixinStandardHelpOptions = true,
    versionProvider = Versions.class,
    footer = {
      "",
      "Clients generate all the time. By turns nothing is moved, and one node is drained and used again, over",
      "and over, so that nodes that serve load experts: the gaps between tokens of both are compared. At the end",
      "one node more is started: how soon does it compute its first batch?",
      "Settings of the nodes come from the environment (SWITCHBOARD_NODE_LOAD_SHARE, ...).",
      "",
      "Example: ./switchboard bench moves olmoe-q4_0.gguf --nodes 3 --clients 4 --seconds 10 --rounds 3"
    })
final class MovesCommand implements Callable<Integer> {
  private static final Duration START = Duration.ofMinutes(5);
  private static final int LEAST_NODES = 2;
  private static final int DEFAULT_NODES = 3;

  @Mixin private Output output = new Output();
  @Mixin private ModelPath modelPath = new ModelPath();

  @Option(
      names = "--nodes",
      paramLabel = "N",
      defaultValue = "" + DEFAULT_NODES,
      description = "Expert nodes, from 2 (default ${DEFAULT-VALUE}).")
  private int nodes;

  @Option(
      names = "--threads",
      paramLabel = "T",
      defaultValue = "1",
      description = "Threads of each node (default ${DEFAULT-VALUE}).")
  private int threads;

  @Option(
      names = "--clients",
      paramLabel = "N",
      defaultValue = "4",
      description = "Clients at once (default ${DEFAULT-VALUE}).")
  private int clients;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "10",
      description = "Of each half of a round (default ${DEFAULT-VALUE}).")
  private int seconds;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "3",
      description = "Rounds, still and moving (default ${DEFAULT-VALUE}).")
  private int rounds;

  @Option(
      names = "--start",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description = "Start one node more at the end (default).")
  private boolean start;

  @Override
  public Integer call() {
    Checks.positive("--clients", clients);
    Checks.positive("--seconds", seconds);
    Checks.positive("--rounds", rounds);
    Checks.positive("--threads", threads);
    if (nodes < LEAST_NODES) {
      throw new UsageException("--nodes %d: expected %d or more".formatted(nodes, LEAST_NODES));
    }
    output.line(Machine.here().text());
    ClusterSpec.Compute compute = new ClusterSpec.Compute(threads, 0, "auto");
    ClusterSpec spec =
        new ClusterSpec(
            nodes,
            1,
            Optional.of(modelPath.path().toString()),
            Optional.empty(),
            ClusterSpec.Kind.LASTING,
            compute,
            ClusterSpec.Routers.ONE);
    LaunchFiles files = LaunchFiles.of(System.getenv());
    try (PrivateCluster cluster =
            PrivateCluster.start(spec, files, START, PrivateCluster.Stop.KILL);
        MovesRun run = new MovesRun(cluster, output::line)) {
      ServeLoad load =
          new ServeLoad(new Range(16, 16), new Range(256, 256), 0, run.vocabulary(), 1);
      run.warm(load);
      MovesReport report = run.measure(load, clients, Duration.ofSeconds(seconds), rounds);
      if (start) {
        report = report.withNewcomer(run.newcomer(load, clients));
      }
      output.line(report.text());
      output.json(report.json());
      return report.failures() == 0 ? 0 : 1;
    }
  }
}
