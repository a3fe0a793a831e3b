package dev.switchboard.benchmarks;

import dev.switchboard.benchmarks.ServeLoad.Range;
import dev.switchboard.client.HostPort;
import dev.switchboard.client.process.ClusterSpec;
import dev.switchboard.client.process.LaunchFiles;
import dev.switchboard.client.process.PrivateCluster;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.LongSupplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bench serve}. */
@Command(
    name = "serve",
    description = "Many clients at once: first tokens, gaps between tokens, refusals, memory.",
    mixinStandardHelpOptions = true,
    versionProvider = Versions.class,
    footer = {
      "",
      "Each client has a connection of its own, asks, reads the answer to its end, and asks again.",
      "A private cluster's processes take settings from the environment (SWITCHBOARD_ROUTER_...).",
      "",
      "Examples:",
      "  ./switchboard bench serve mixtral.gguf --clients 16 --seconds 60",
      "  ./switchboard bench serve --router 127.0.0.1:7700 --clients 64 --seconds 300 --json"
    })
final class ServeCommand implements Callable<Integer> {
  private static final Duration START = Duration.ofMinutes(5);

  @Mixin private Output output = new Output();
  @Mixin private ModelPath modelPath = new ModelPath();
  @Mixin private ArrangementOptions arrangementOptions = new ArrangementOptions();

  @Option(
      names = "--router",
      paramLabel = "HOST:PORT",
      description = "A router that runs already, instead of a private cluster.")
  private Optional<String> router = Optional.empty();

  @Option(
      names = "--clients",
      paramLabel = "N",
      defaultValue = "16",
      description = "Clients at once (default ${DEFAULT-VALUE}).")
  private int clients;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "30",
      description =
          "No request begins later than that; the last are read to their end (default 30).")
  private int seconds;

  @Option(
      names = "--prompt",
      paramLabel = "N|LEAST:MOST",
      defaultValue = "16:512",
      description = "Tokens of a prompt (default ${DEFAULT-VALUE}).")
  private String prompt = "";

  @Option(
      names = "--generate",
      paramLabel = "N|LEAST:MOST",
      defaultValue = "16:128",
      description = "Tokens to generate (default ${DEFAULT-VALUE}).")
  private String generate = "";

  @Option(
      names = "--shared",
      paramLabel = "N",
      defaultValue = "0",
      description = "Tokens that all prompts begin with (default ${DEFAULT-VALUE}).")
  private int shared;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Of lengths and tokens (default ${DEFAULT-VALUE}).")
  private long seed;

  /** Lengths as they were asked for; the vocabulary is the router's to say. */
  private ServeLoad load(int vocabulary) {
    return new ServeLoad(
        Range.parse("--prompt", prompt),
        Range.parse("--generate", generate),
        Checks.notNegative("--shared", shared),
        vocabulary,
        seed);
  }

  @Override
  public Integer call() {
    Checks.positive("--clients", clients);
    Checks.positive("--seconds", seconds);
    load(Integer.MAX_VALUE);
    output.line(Machine.here().text());
    ServeReport report = router.map(this::there).orElseGet(this::here);
    output.line(report.text());
    output.json(report.json());
    return report.lost() == 0 ? 0 : 1;
  }

  private ServeReport there(String address) {
    return measure(HostPort.parse(address), Optional.empty());
  }

  private ServeReport here() {
    Arrangement asked = arrangementOptions.checked();
    Arrangement arrangement = asked.inThisProcess() ? asked.withNodes(0) : asked;
    ClusterSpec spec =
        new ClusterSpec(
            arrangement.nodes(),
            arrangement.replicas(),
            Optional.of(modelPath.path().toString()),
            Optional.empty(),
            ClusterSpec.Kind.LASTING,
            arrangement.compute(0),
            ClusterSpec.Routers.ONE);
    LaunchFiles files = LaunchFiles.of(System.getenv());
    try (PrivateCluster cluster =
        PrivateCluster.start(spec, files, START, PrivateCluster.Stop.KILL)) {
      return measure(cluster.router(), Optional.of(() -> memory(cluster)));
    }
  }

  private static long memory(PrivateCluster cluster) {
    return Memory.of(cluster.routerPid())
        + cluster.nodePids().stream().mapToLong(Memory::of).reduce(0, Long::sum);
  }

  private ServeReport measure(HostPort address, Optional<LongSupplier> memory) {
    try (ServeRun run = ServeRun.connect(address, memory)) {
      ServeLoad load = load(run.vocabulary());
      List<String> progress = run.warm(load);
      progress.forEach(output::line);
      return run.measure(load, clients, Duration.ofSeconds(seconds), output::line);
    }
  }
}
