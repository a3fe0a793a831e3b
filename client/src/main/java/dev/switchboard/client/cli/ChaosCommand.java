package dev.switchboard.client.cli;

import dev.switchboard.client.chaos.ChaosPlan;
import dev.switchboard.client.chaos.ChaosReport;
import dev.switchboard.client.chaos.ChaosRun;
import dev.switchboard.client.chaos.FaultKind;
import dev.switchboard.client.chaos.ScaleReport;
import dev.switchboard.client.chaos.ScaleRun;
import dev.switchboard.client.process.ClusterSpec;
import dev.switchboard.client.process.LaunchFiles;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
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
      "killed, hang, get slow and lose their connections, one after another; or (--scale) while nodes come and go.",
      "Fails if an answer fails or differs."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  ./switchboard chaos --seed 1 --minutes 3",
      "  ./switchboard chaos --seed 7 --minutes 0.5 --streams 4 --json",
      "  ./switchboard chaos --kinds node_killed --faults 20 --minutes 10 --streams 64",
      "  ./switchboard chaos --kinds node_lost --replicas 1 --set router.replicaWait=10s",
      "  ./switchboard chaos --nodes 2 --scale 8 --streams 8"
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
      names = "--faults",
      paramLabel = "N",
      description = "no more than so many, however long that takes (default: any number)")
  private int faults;

  @Option(
      names = "--scale",
      paramLabel = "N",
      description =
          "no faults: nodes are added one by one until there are N, and ended again one by one")
  private int scale;

  @Option(
      names = "--degrade",
      description =
          "requests go on without an expert that nobody has any more; counted and compared")
  private boolean degrade;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "a setting of all processes, as in docs/configuration.md; may be repeated")
  private final Map<String, String> settings = new HashMap<>();

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
      description = {
        "these alone: ${COMPLETION-CANDIDATES}",
        "(default: all that can be done here, but for node_lost, node_out_of_memory, clock_jumped, disk_full and two_at_once)"
      })
  private @Nullable List<FaultKind> kinds;

  @Option(names = "--json", description = "one JSON object on standard output")
  private boolean json;

  ChaosCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    ChaosPlan plan = plan();
    LaunchFiles files = LaunchFiles.of(terminal.environment());
    String words;
    boolean well;
    if (scale > 0) {
      ScaleReport report = ScaleRun.run(plan, scale, files, terminal::say);
      words = json ? ScaleWords.json(plan, report) : ScaleWords.text(report);
      well = report.clean();
    } else {
      ChaosReport report = ChaosRun.run(plan, files, terminal::say);
      ChaosWords made = new ChaosWords(plan, report);
      words = json ? made.json() : made.text();
      well = report.clean() && report.problems().isEmpty();
    }
    terminal.out().println(words);
    terminal.out().flush();
    return well ? 0 : 1;
  }

  private ChaosPlan plan() {
    check("--streams", streams, 1, MOST_STREAMS);
    check("--routers", routers, 1, MOST_STREAMS);
    check("--nodes", nodes, 1, MOST_STREAMS);
    check("--replicas", replicas, 1, nodes);
    check("--faults", faults, 0, Integer.MAX_VALUE);
    if (scale != 0) {
      check("--scale", scale, nodes, MOST_STREAMS);
    }
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
    return new ChaosPlan(
        seed,
        new ChaosPlan.Course(Duration.ofMillis(Math.round(minutes * 60_000)), faults),
        new ChaosPlan.Demand(streams, degrade),
        kinds(ChaosPlan.means(cluster, sameHost)),
        cluster,
        new ChaosPlan.Around(sameHost, environment()));
  }

  private List<FaultKind> kinds(FaultKind.Means means) {
    if (kinds == null) {
      return scale > 0 ? List.of() : FaultKind.usual(means);
    }
    if (scale > 0) {
      throw Options.wrong(spec, "--kinds: there are no faults where nodes come and go (--scale)");
    }
    for (FaultKind kind : kinds) {
      kind.impossible(means)
          .ifPresent(why -> {
            throw Options.wrong(spec, "--kinds " + kind.word() + ": " + why);
          });
    }
    return kinds;
  }

  /** {@code router.replicaWait} is {@code SWITCHBOARD_ROUTER_REPLICA_WAIT} in an environment. */
  private Map<String, String> environment() {
    Map<String, String> environment = new HashMap<>();
    settings.forEach((key, value) -> {
      if (!key.matches("[a-z]+(\\.[a-zA-Z0-9]+)+")) {
        throw Options.wrong(spec, "--set " + key + ": expected a setting as router.replicaWait");
      }
      String words = key.replaceAll("([A-Z])", "_$1").replace('.', '_');
      environment.put("SWITCHBOARD_" + words.toUpperCase(Locale.ROOT), value);
    });
    return environment;
  }

  private void check(String option, int value, int least, int most) {
    if (value < least || value > most) {
      throw Options.wrong(spec, "%s %d: expected %d to %d".formatted(option, value, least, most));
    }
  }
}
