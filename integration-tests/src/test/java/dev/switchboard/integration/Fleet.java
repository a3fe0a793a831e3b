package dev.switchboard.integration;

import dev.switchboard.proto.v1.ClusterGrpc;
import dev.switchboard.proto.v1.ClusterStatus;
import dev.switchboard.proto.v1.NodeStatus;
import dev.switchboard.proto.v1.PlacementReport;
import dev.switchboard.proto.v1.ReadPlacementRequest;
import dev.switchboard.proto.v1.RouterStatus;
import dev.switchboard.proto.v1.StatusRequest;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/** Routers and nodes of one grid, started one by one, of whichever model and options. */
final class Fleet implements AutoCloseable {
  private final String name = "fleet-" + UUID.randomUUID();
  private final Map<String, String> environment;
  private final List<Launched> all = new ArrayList<>();
  private final Map<Launched, ManagedChannel> channels = new HashMap<>();
  private String grid = "";

  /**
   * @param environment of all processes
   */
  Fleet(Map<String, String> environment) {
    this.environment = environment;
  }

  /** How a process is started. */
  record Start(Path model, String javaOptions, List<String> under, List<String> more) {
    static Start of(Path model, String... more) {
      return new Start(model, "", List.of(), List.of(more));
    }

    Start java(String options) {
      return new Start(model, options, under, more);
    }

    Start under(List<String> command) {
      return new Start(model, javaOptions, command, more);
    }
  }

  /** Starts a router; others find the grid by the first one. */
  Launched router(String label, Start start) {
    List<String> command = new ArrayList<>(List.of("router"));
    if (!grid.isEmpty()) {
      command.addAll(List.of("--join", grid));
    }
    Launched router = start(label, command, start);
    String own = router.announces("listening", TestCluster.START).get("grid").asText();
    grid = grid.isEmpty() ? own : grid + "," + own;
    return router;
  }

  Launched node(String label, Start start) {
    return start(label, new ArrayList<>(List.of("node", "--join", grid)), start);
  }

  /** Starts a node that is told of one router alone. */
  Launched node(String label, Launched router, Start start) {
    String of = router.announces("listening", TestCluster.START).get("grid").asText();
    return start(label, new ArrayList<>(List.of("node", "--join", of)), start);
  }

  private Launched start(String label, List<String> command, Start start) {
    command.addAll(List.of("--cluster", name, "--exit-with-parent"));
    if (!start.more().contains("--weights")) {
      command.addAll(List.of("--model", start.model().toString()));
    }
    command.addAll(start.more());
    Map<String, String> variables = new HashMap<>(environment);
    if (!start.javaOptions().isEmpty()) {
      variables.put("JDK_JAVA_OPTIONS", start.javaOptions());
    }
    Launched process = Launched.start(label, start.under(), variables, command);
    all.add(process);
    return process;
  }

  static void ready(Launched... processes) {
    for (Launched process : processes) {
      process.announces("ready", TestCluster.START);
    }
  }

  /** Of a router that is ready. */
  synchronized ManagedChannel channel(Launched router) {
    return channels.computeIfAbsent(
        router,
        one ->
            TestCluster.channelTo(
                one.announces("ready", TestCluster.START).get("address").asText()));
  }

  String address(Launched router) {
    return router.announces("ready", TestCluster.START).get("address").asText();
  }

  ClusterStatus status(Launched router) {
    return ClusterGrpc.newBlockingStub(channel(router))
        .withDeadlineAfter(10, TimeUnit.SECONDS)
        .status(StatusRequest.getDefaultInstance());
  }

  /** Nothing while the router does not answer. */
  Optional<ClusterStatus> tryStatus(Launched router) {
    try {
      return Optional.of(status(router));
    } catch (StatusRuntimeException silent) {
      return Optional.empty();
    }
  }

  PlacementReport placement(Launched router) {
    return ClusterGrpc.newBlockingStub(channel(router))
        .withDeadlineAfter(10, TimeUnit.SECONDS)
        .readPlacement(ReadPlacementRequest.getDefaultInstance());
  }

  /** Whether one router sees that many nodes with experts, and another process leads, or it. */
  boolean sees(Launched router, int holders, Launched leader) {
    Optional<ClusterStatus> status = tryStatus(router);
    return status.isPresent()
        && status.get().getNodesList().stream().filter(n -> n.getUnitsHeld() > 0).count() == holders
        && status.get().getRoutersList().stream()
            .filter(RouterStatus::getLeader)
            .anyMatch(one -> one.getPid() == leader.pid());
  }

  static NodeStatus node(ClusterStatus status, Launched node) {
    return status.getNodesList().stream()
        .filter(one -> one.getPid() == node.pid())
        .findFirst()
        .orElse(NodeStatus.getDefaultInstance());
  }

  @Override
  public void close() {
    channels.values().forEach(ManagedChannel::shutdownNow);
    // What is stopped does not hear a polite word.
    all.forEach(process -> {
      if (process.isAlive()) {
        process.kill();
      }
    });
  }
}
