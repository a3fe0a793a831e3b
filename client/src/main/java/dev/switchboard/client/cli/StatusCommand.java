package dev.switchboard.client.cli;

import dev.switchboard.proto.v1.ClusterStatus;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code status}: who is there, which node holds what, what has been done. */
@Command(
    name = "switchboard status",
    description = "Shows nodes, experts and load of a running cluster.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  ./switchboard status",
      "  ./switchboard status --router 10.0.0.5:7300 --json",
      "Without --router: $SWITCHBOARD_ROUTER, or else " + RunningRouter.DEFAULT + "."
    })
final class StatusCommand implements Callable<Integer> {
  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  private final Terminal terminal;

  @Spec private @Nullable CommandSpec spec;

  @Option(names = "--router", paramLabel = "HOST:PORT", description = "the router to ask")
  private @Nullable String router;

  @Option(names = "--json", description = "one JSON object on standard output")
  private boolean json;

  StatusCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    StatusReport report =
        new StatusReport(
            RunningRouter.ask(router, spec, terminal, client -> client.status(TIMEOUT)));
    terminal.out().print(json ? Json.object(report::write) + "\n" : text(report));
    terminal.out().flush();
    return 0;
  }

  private static String text(StatusReport report) {
    ClusterStatus status = report.status();
    String head =
        String.format(
            Locale.ROOT,
            "cluster %s, model %s, placement epoch %d (%s)%n",
            status.getClusterName(),
            status.getModelName(),
            status.getPlacementEpoch(),
            status.getComplete() ? "every expert is there" : "INCOMPLETE: experts are missing");
    String work =
        String.format(
            Locale.ROOT,
            "tokens routed %,d, experts' share of the work %.1f %% of all experts'%n",
            status.getTokensRouted(),
            report.activeExpertFraction() * 100);
    return head + work + "\n" + report.processTable() + "\n" + report.expertTable();
  }
}
