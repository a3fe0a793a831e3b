package dev.switchboard.client.cli;

import dev.switchboard.client.SwitchboardClient;
import dev.switchboard.proto.v1.ClusterStatus;
import dev.switchboard.proto.v1.MarkNodeRequest;
import dev.switchboard.proto.v1.NodeMark;
import dev.switchboard.proto.v1.NodeStatus;
import dev.switchboard.proto.v1.PlacementReport;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ScopeType;

/** {@code cluster}: nodes and the placement of a running cluster. */
@Command(
    name = "switchboard cluster",
    description =
        "Shows a running cluster, drains and cordons its nodes, evens their load, tells what was decided.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    synopsisSubcommandLabel = "(status | drain | cordon | uncordon | rebalance | history)",
    footer = {
      "",
      "Examples:",
      "  ./switchboard cluster status --router 10.0.0.5:7300",
      "  ./switchboard cluster drain node-7f3a && kill PID",
      "  ./switchboard cluster history --json",
      "A NODE is its id or its address, as 'cluster status' shows them. To add a node, start one:",
      "  ./switchboard node --join GRID",
      "Without --router: $SWITCHBOARD_ROUTER, or else " + RunningRouter.DEFAULT + ".",
      "Where routers know keys (router.keys), one with admin: true is needed: $SWITCHBOARD_API_KEY."
    })
final class ClusterCommand implements Callable<Integer> {
  private static final Duration TIMEOUT = Duration.ofSeconds(15);

  private final Terminal terminal;

  @Mixin private final RunningRouter router;

  @Option(
      names = "--why",
      paramLabel = "TEXT",
      scope = ScopeType.INHERIT,
      description = "for those who look at it later")
  private String why = "";

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      scope = ScopeType.INHERIT,
      description = "drain waits so long until the node is empty (default: ${DEFAULT-VALUE})")
  private int timeoutSeconds = 120;

  ClusterCommand(Terminal terminal) {
    this.terminal = terminal;
    this.router = new RunningRouter(terminal);
  }

  @Override
  public Integer call() {
    throw router.wrong("expected status, drain, cordon, uncordon, rebalance or history");
  }

  @Command(
      name = "status",
      description = "Shows nodes, experts and load; the same as 'switchboard status'.",
      mixinStandardHelpOptions = true,
      versionProvider = Version.class)
  int status() {
    StatusReport report = new StatusReport(router.ask(client -> client.status(TIMEOUT)));
    router.tell(StatusCommand.text(report), report::write);
    return 0;
  }

  @Command(
      name = "drain",
      description = {
        "Has other nodes take over what a node holds, and waits until it is empty: it may be ended",
        "then. It serves until it is empty, and gets nothing new until 'uncordon'."
      },
      mixinStandardHelpOptions = true,
      versionProvider = Version.class)
  int drain(@Parameters(paramLabel = "NODE", description = "id or address") String node) {
    if (timeoutSeconds < 1) {
      throw router.wrong("--timeout: " + timeoutSeconds + "; expected 1 or more seconds");
    }
    return router.ask(client -> {
      client.markNode(request(node, NodeMark.NODE_MARK_DRAINED), TIMEOUT);
      NodeStatus empty = awaitEmpty(client, node);
      PlacementReport report = client.placement(TIMEOUT);
      router.tell(
          "node %s is empty (placement epoch %d)".formatted(empty.getId(), report.getEpoch()),
          new PlacementTold(report)::write);
      return 0;
    });
  }

  @Command(
      name = "cordon",
      description = "Gives a node nothing more; it keeps what it holds.",
      mixinStandardHelpOptions = true,
      versionProvider = Version.class)
  int cordon(@Parameters(paramLabel = "NODE", description = "id or address") String node) {
    return mark(node, NodeMark.NODE_MARK_CORDONED);
  }

  @Command(
      name = "uncordon",
      description = "Uses a node like others again, after 'cordon' or 'drain'.",
      mixinStandardHelpOptions = true,
      versionProvider = Version.class)
  int uncordon(@Parameters(paramLabel = "NODE", description = "id or address") String node) {
    return mark(node, NodeMark.NODE_MARK_UNSPECIFIED);
  }

  @Command(
      name = "rebalance",
      description = "Has the load evened now, whatever it moves.",
      mixinStandardHelpOptions = true,
      versionProvider = Version.class)
  int rebalance() {
    return router.ask(client -> {
      long before = client.rebalance(TIMEOUT).getEpoch();
      PlacementReport report = client.placement(TIMEOUT);
      for (int tries = 0; report.getEpoch() == before && tries < 10; tries++) {
        Pauses.aBit();
        report = client.placement(TIMEOUT);
      }
      PlacementTold told = new PlacementTold(report);
      router.tell(report.getEpoch() == before ? "nothing to move" : told.last(), told::write);
      return 0;
    });
  }

  @Command(
      name = "history",
      description = "Tells what was decided about the placement, and why; the newest last.",
      mixinStandardHelpOptions = true,
      versionProvider = Version.class)
  int history() {
    return show(router.ask(client -> client.placement(TIMEOUT)));
  }

  private int mark(String node, NodeMark mark) {
    PlacementReport report = router.ask(client -> client.markNode(request(node, mark), TIMEOUT));
    PlacementTold told = new PlacementTold(report);
    router.tell(told.marks(), told::write);
    return 0;
  }

  private int show(PlacementReport report) {
    PlacementTold told = new PlacementTold(report);
    router.tell(told.marks() + told.history(), told::write);
    return 0;
  }

  private MarkNodeRequest request(String node, NodeMark mark) {
    return MarkNodeRequest.newBuilder()
        .setNode(node)
        .setMark(mark)
        .setWho(Optional.ofNullable(terminal.environment().get("USER")).orElse(""))
        .setWhy(why)
        .build();
  }

  private NodeStatus awaitEmpty(SwitchboardClient client, String node) {
    long end = System.nanoTime() + Duration.ofSeconds(timeoutSeconds).toNanos();
    while (true) {
      ClusterStatus status = client.status(TIMEOUT);
      NodeStatus now =
          status.getNodesList().stream()
              .filter(known -> known.getId().equals(node) || known.getAddress().equals(node))
              .findFirst()
              .orElseThrow(() -> new CommandException("node " + node + " has left meanwhile"));
      if (now.getUnitsPlaced() == 0 && now.getUnitsHeld() == 0) {
        return now;
      }
      if (System.nanoTime() - end >= 0) {
        throw new CommandException(
            ("node %s still has %d experts (%d by the placement) after %d s: others have no room, or"
                    + " are loading. It stays marked; 'cluster uncordon %s' takes that back")
                .formatted(
                    now.getId(),
                    now.getUnitsHeld(),
                    now.getUnitsPlaced(),
                    timeoutSeconds,
                    now.getId()));
      }
      Pauses.aBit();
    }
  }
}
