package dev.switchboard.client.cli;

import dev.switchboard.proto.v1.ClusterStatus;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

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

  @Mixin private final RunningRouter router;

  StatusCommand(Terminal terminal) {
    this.router = new RunningRouter(terminal);
  }

  @Override
  public Integer call() {
    StatusReport report = new StatusReport(router.ask(client -> client.status(TIMEOUT)));
    router.tell(text(report), report::write);
    return 0;
  }

  static String text(StatusReport report) {
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
    return head
        + report.versionTable()
        + work
        + "\n"
        + report.processTable()
        + "\n"
        + new LoadReport(status).text()
        + report.expertTable();
  }
}
