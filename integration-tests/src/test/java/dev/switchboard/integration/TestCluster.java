package dev.switchboard.integration;

import com.fasterxml.jackson.databind.JsonNode;
import dev.switchboard.proto.v1.ClusterGrpc;
import dev.switchboard.proto.v1.ClusterStatus;
import dev.switchboard.proto.v1.InferenceGrpc;
import dev.switchboard.proto.v1.StatusRequest;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/** One router and its nodes, each a process of its own, and a channel to the router. */
final class TestCluster implements AutoCloseable {
  static final Duration START = Duration.ofSeconds(120);

  private final Shape shape;
  private final String name;
  private final Launched router;
  private final String grid;
  private final List<Launched> nodes = new ArrayList<>();
  private final ManagedChannel channel;

  /** What to start: no node means that the router runs the experts itself. */
  record Shape(
      Path model, int nodes, int replicas, List<String> routerOptions, List<String> nodeOptions) {
    static Shape inProcess(Path model) {
      return new Shape(model, 0, 1, List.of(), List.of());
    }

    static Shape of(Path model, int nodes) {
      return new Shape(model, nodes, 1, List.of(), List.of());
    }

    Shape replicas(int count) {
      return new Shape(model, nodes, count, routerOptions, nodeOptions);
    }

    Shape routerOptions(String... options) {
      return new Shape(model, nodes, replicas, List.of(options), nodeOptions);
    }

    /** Nodes that are not told of the model's files. */
    Shape withoutFiles() {
      return nodeOptions("--weights", "cluster");
    }

    Shape nodeOptions(String... options) {
      return new Shape(model, nodes, replicas, routerOptions, List.of(options));
    }
  }

  private TestCluster(Shape shape) {
    this.shape = shape;
    this.name = "test-" + UUID.randomUUID();
    this.router = Launched.start("router", routerCommand().toArray(String[]::new));
    try {
      this.grid = router.announces("listening", START).get("grid").asText();
      for (int i = 0; i < shape.nodes(); i++) {
        nodes.add(startNode("node" + i));
      }
      for (Launched node : nodes) {
        node.announces("ready", START);
      }
      JsonNode ready = router.announces("ready", START);
      this.channel = channelTo(ready.get("address").asText());
    } catch (RuntimeException | Error e) {
      endProcesses();
      throw e;
    }
  }

  static TestCluster start(Shape shape) {
    return new TestCluster(shape);
  }

  static ManagedChannel channelTo(String address) {
    return NettyChannelBuilder.forTarget(address).usePlaintext().directExecutor().build();
  }

  private List<String> routerCommand() {
    List<String> command = new ArrayList<>();
    command.addAll(List.of("router", "--model", shape.model().toString(), "--cluster", name));
    command.add("--exit-with-parent");
    if (shape.nodes() == 0) {
      command.add("--local-experts");
    } else {
      command.addAll(List.of("--nodes", Integer.toString(shape.nodes())));
      command.addAll(List.of("--replicas", Integer.toString(shape.replicas())));
    }
    command.addAll(shape.routerOptions());
    return command;
  }

  /** Starts one more node and returns at once; it is not one of {@link #node}. */
  Launched startNode(String label) {
    return startNode(label, Map.of(), shape.nodeOptions());
  }

  /** The same with an environment and options of its own. */
  Launched startNode(String label, Map<String, String> environment, List<String> options) {
    List<String> command = new ArrayList<>();
    command.addAll(List.of("node", "--cluster", name));
    if (!options.contains("--weights")) {
      command.addAll(List.of("--model", shape.model().toString()));
    }
    command.addAll(List.of("--join", grid, "--exit-with-parent"));
    command.addAll(options);
    return Launched.start(label, environment, command);
  }

  /** Starts a node in the place of a dead one and waits until it is ready. */
  Launched replaceNode(int index) {
    Launched node = startNode("node" + index + "-again");
    nodes.set(index, node);
    node.announces("ready", START);
    return node;
  }

  Launched router() {
    return router;
  }

  Launched node(int index) {
    return nodes.get(index);
  }

  String grid() {
    return grid;
  }

  String name() {
    return name;
  }

  ManagedChannel channel() {
    return channel;
  }

  String address() {
    return router.announces("ready", START).get("address").asText();
  }

  String nodeAddress(int index) {
    return node(index).announces("ready", START).get("address").asText();
  }

  InferenceGrpc.InferenceBlockingStub inference() {
    return InferenceGrpc.newBlockingStub(channel).withDeadlineAfter(60, TimeUnit.SECONDS);
  }

  ClusterStatus status() {
    return ClusterGrpc.newBlockingStub(channel)
        .withDeadlineAfter(10, TimeUnit.SECONDS)
        .status(StatusRequest.getDefaultInstance());
  }

  /** Waits until every expert has as many ready replicas as were asked for. */
  void awaitWhole() {
    Eventually.holds(
        "every expert has " + shape.replicas() + " replicas",
        START,
        () -> {
          ClusterStatus status = status();
          return status.getComplete()
              && status.getExpertsList().stream()
                  .allMatch(expert -> expert.getReplicasCount() >= shape.replicas());
        });
  }

  @Override
  public void close() {
    channel.shutdownNow();
    endProcesses();
  }

  private void endProcesses() {
    nodes.forEach(Launched::close);
    router.close();
  }
}
