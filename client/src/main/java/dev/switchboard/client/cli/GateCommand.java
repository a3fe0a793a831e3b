package dev.switchboard.client.cli;

import dev.switchboard.proto.v1.ChangeGatesRequest;
import dev.switchboard.proto.v1.GatesAction;
import dev.switchboard.proto.v1.GatesPart;
import dev.switchboard.proto.v1.GatesVersion;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ScopeType;

/** {@code gate}: the gates of a cluster that runs. */
@Command(
    name = "switchboard gate",
    description = "Adds gates to a running cluster, tries them, promotes them, rolls them back.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    synopsisSubcommandLabel =
        "(list | add | shadow | canary | promote | rollback | report | history)",
    footer = {
      "",
      "Examples:",
      "  ./switchboard gate add gate-dir --router 10.0.0.5:7300",
      "  ./switchboard gate shadow 3f0c2a9d11b4e687 && ./switchboard gate report",
      "  ./switchboard gate canary 3f0c2a9d11b4e687 --share 0.1 --why 'new data'",
      "  ./switchboard gate promote 3f0c2a9d11b4e687",
      "  ./switchboard gate rollback",
      "Without --router: $SWITCHBOARD_ROUTER, or else " + RunningRouter.DEFAULT + ".",
      "The routers need a folder for versions: router.gates."
    })
final class GateCommand implements Callable<Integer> {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final Duration UPLOAD = Duration.ofMinutes(10);

  private final Terminal terminal;

  @Mixin private final RunningRouter router;

  @Option(
      names = "--why",
      paramLabel = "TEXT",
      scope = ScopeType.INHERIT,
      description = "for the history")
  private String why = "";

  GateCommand(Terminal terminal) {
    this.terminal = terminal;
    this.router = new RunningRouter(terminal);
  }

  @Override
  public Integer call() {
    throw router.wrong("expected list, add, shadow, canary, promote, rollback, report or history");
  }

  @Command(
      name = "list",
      description = "The versions that the router has, and which is active.",
      mixinStandardHelpOptions = true,
      versionProvider = Version.class)
  int list() {
    return show(GateReport::versions);
  }

  @Command(
      name = "report",
      description = "What the router has compared: choices, load by expert, loss.",
      mixinStandardHelpOptions = true,
      versionProvider = Version.class)
  int report() {
    return show(GateReport::comparisons);
  }

  @Command(
      name = "history",
      description = "Who changed what, when and why.",
      mixinStandardHelpOptions = true,
      versionProvider = Version.class)
  int history() {
    return show(GateReport::history);
  }

  private int show(Function<GateReport, String> part) {
    GateReport report = new GateReport(router.ask(client -> client.gates(TIMEOUT)));
    router.tell(report.state() + "\n\n" + part.apply(report), report::write);
    return 0;
  }

  @Command(
      name = "add",
      description = "Puts a gate directory into the router's folder of versions.",
      mixinStandardHelpOptions = true,
      versionProvider = Version.class)
  int add(
      @Parameters(paramLabel = "DIR", description = "as 'train router --out' writes it")
          Path directory) {
    GatesVersion added;
    try (FileParts<GatesPart> files = FileParts.ofGate(directory)) {
      added = router.ask(client -> client.addGates(files, UPLOAD));
    }
    router.tell(
        "gates %s are there".formatted(added.getVersion()),
        out -> GateReport.writeFields(out, added));
    return 0;
  }

  @Command(
      name = "shadow",
      description = "Asks a version about every token, without effect, to compare it.",
      mixinStandardHelpOptions = true,
      versionProvider = Version.class)
  int shadow(@Parameters(paramLabel = "VERSION") String version) {
    return change(GatesAction.GATES_ACTION_SHADOW, version, 0);
  }

  @Command(
      name = "canary",
      description = "Routes a share of the requests by a version.",
      mixinStandardHelpOptions = true,
      versionProvider = Version.class)
  int canary(
      @Parameters(paramLabel = "VERSION") String version,
      @Option(
              names = "--share",
              paramLabel = "S",
              required = true,
              description = "of the requests: more than 0, less than 1")
          double share) {
    if (!(share > 0 && share < 1)) {
      throw router.wrong("--share: " + share + "; expected more than 0 and less than 1");
    }
    return change(GatesAction.GATES_ACTION_CANARY, version, share);
  }

  @Command(
      name = "promote",
      description = "Routes all new requests by a version.",
      mixinStandardHelpOptions = true,
      versionProvider = Version.class)
  int promote(@Parameters(paramLabel = "VERSION") String version) {
    return change(GatesAction.GATES_ACTION_PROMOTE, version, 0);
  }

  @Command(
      name = "rollback",
      description = "Gives up what is tried, else goes back to the version before.",
      mixinStandardHelpOptions = true,
      versionProvider = Version.class)
  int rollback() {
    return change(GatesAction.GATES_ACTION_ROLLBACK, "", 0);
  }

  private int change(GatesAction action, String version, double share) {
    ChangeGatesRequest request =
        ChangeGatesRequest.newBuilder()
            .setAction(action)
            .setVersion(version)
            .setShare(share)
            .setWho(Optional.ofNullable(terminal.environment().get("USER")).orElse(""))
            .setWhy(why)
            .build();
    GateReport report = new GateReport(router.ask(client -> client.changeGates(request, TIMEOUT)));
    router.tell(report.state(), report::write);
    return 0;
  }
}
