package dev.switchboard.client.cli;

import dev.switchboard.client.chaos.ChaosReport;
import dev.switchboard.client.chaos.ChaosRun;
import dev.switchboard.client.chaos.FaultKind;
import dev.switchboard.client.process.ClusterSpec;
import dev.switchboard.client.process.LaunchFiles;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code chaos}: faults in a private cluster that is being used. */
@Command(
    name = "switchboard chaos",
    description = {
      "Starts a private cluster, records the answers to some requests, and asks again and again while processes are",
      "killed, hang, get slow and lose their connections, one after another. Fails if an answer fails or differs."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  ./switchboard chaos --seed 1 --minutes 3",
      "  ./switchboard chaos --seed 7 --minutes 0.5 --streams 4 --json"
    })
final class ChaosCommand implements Callable<Integer> {
  private static final List<String> WAYS = List.of("tcp", "lanes", "sockets");
  private static final int MOST_STREAMS = 256;
  private static final double MOST_MINUTES = 24 * 60;

  private final Terminal terminal;

  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--seed",
      paramLabel = "S",
      description = "of requests and faults (default: ${DEFAULT-VALUE})")
  private long seed = 1;

  @Option(
      names = "--minutes",
      paramLabel = "M",
      description =
          "how long faults are injected; 0.5 is half a minute (default: ${DEFAULT-VALUE})")
  private double minutes = 3;

  @Option(
      names = "--streams",
      paramLabel = "N",
      description = "requests at the same time (default: ${DEFAULT-VALUE})")
  private int streams = 16;

  @Option(
      names = "--routers",
      paramLabel = "N",
      description = "routers (default: ${DEFAULT-VALUE})")
  private int routers = 2;

  @Option(
      names = "--nodes",
      paramLabel = "N",
      description = "expert nodes (default: ${DEFAULT-VALUE})")
  private int nodes = 4;

  @Option(
      names = "--replicas",
      paramLabel = "N",
      description = "copies of each expert, on different nodes (default: ${DEFAULT-VALUE})")
  private int replicas = 2;

  @Option(names = "--model", paramLabel = "DIR", description = "model directory or GGUF file")
  private @Nullable String model;

  @Option(
      names = "--same-host",
      paramLabel = "WAY",
      description = {
        "how routers and nodes talk: tcp, through relays that lose, cut and corrupt; or lanes or sockets, where only",
        "processes are disturbed (default: ${DEFAULT-VALUE})"
      })
  private String sameHost = "tcp";

  @Option(
      names = "--kinds",
      paramLabel = "KIND",
      split = ",",
      description = "these alone: ${COMPLETION-CANDIDATES} (default: all)")
  private List<FaultKind> kinds = List.of(FaultKind.values());

  @Option(names = "--json", description = "one JSON object on standard output")
  private boolean json;

  ChaosCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    ChaosRun.Plan plan = plan();
    ChaosReport report = ChaosRun.run(plan, LaunchFiles.of(terminal.environment()), terminal::say);
    ChaosWords words = new ChaosWords(plan, report);
    terminal.out().println(json ? words.json() : words.text());
    terminal.out().flush();
    return report.clean() && report.problems().isEmpty() ? 0 : 1;
  }

  private ChaosRun.Plan plan() {
    check("--streams", streams, 1, MOST_STREAMS);
    check("--routers", routers, 1, MOST_STREAMS);
    check("--nodes", nodes, 1, MOST_STREAMS);
    check("--replicas", replicas, 1, nodes);
    if (!(minutes > 0 && minutes <= MOST_MINUTES)) {
      throw Options.wrong(spec, "--minutes " + minutes + ": expected more than 0, at most a day");
    }
    if (!WAYS.contains(sameHost)) {
      throw Options.wrong(
          spec, "--same-host " + sameHost + ": expected one of " + String.join(", ", WAYS));
    }
    ClusterSpec cluster =
        new ClusterSpec(
            nodes,
            replicas,
            Optional.ofNullable(model),
            Optional.empty(),
            model == null ? ClusterSpec.Kind.BRIEF : ClusterSpec.Kind.LASTING,
            new ClusterSpec.Compute(1, 1, "auto"),
            new ClusterSpec.Routers(routers, true));
    Duration time = Duration.ofMillis(Math.round(minutes * 60_000));
    return new ChaosRun.Plan(seed, time, streams, kinds, cluster, sameHost);
  }

  private void check(String option, int value, int least, int most) {
    if (value < least || value > most) {
      throw Options.wrong(spec, "%s %d: expected %d to %d".formatted(option, value, least, most));
    }
  }
}
