package dev.switchboard.client.chaos;

import dev.switchboard.client.HostPort;
import dev.switchboard.client.process.FaultyCluster;
import dev.switchboard.client.process.LaunchFiles;
import dev.switchboard.client.process.Member;
import dev.switchboard.proto.v1.ClusterStatus;
import dev.switchboard.proto.v1.NodeState;
import dev.switchboard.proto.v1.PlacementReport;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * A cluster of real processes, the relays before its nodes, and connections to its routers. Ends
 * all of it when it is closed.
 */
final class Stage implements AutoCloseable {
  private static final Duration START = Duration.ofMinutes(3);
  private static final Duration STATUS = Duration.ofSeconds(2);
  private static final long LOOK_EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final int replicas;
  private final List<Relay> relays;
  private final AtomicInteger retries = new AtomicInteger();
  private final FaultyCluster cluster;
  private final Routers routers;

  private Stage(ChaosPlan plan, List<Integer> ports, List<Relay> relays, LaunchFiles files) {
    this.replicas = plan.cluster().replicas();
    this.relays = List.copyOf(relays);
    List<String> announced = relays.stream().map(relay -> "127.0.0.1:" + relay.port()).toList();
    this.cluster =
        FaultyCluster.start(
            plan.cluster(),
            files,
            new FaultyCluster.Surroundings(
                plan.around().sameHost(),
                ports,
                announced,
                plan.around().settings(),
                plan.interferes()),
            START);
    List<Supplier<Optional<HostPort>>> places = new ArrayList<>();
    cluster.routers().forEach(router -> places.add(router::address));
    this.routers = new Routers(places, problem -> retries.incrementAndGet());
  }

  /**
   * Starts everything.
   *
   * @param mostNodes that there will be
   */
  static Stage set(ChaosPlan plan, int mostNodes, LaunchFiles files) {
    List<Relay> relays = new ArrayList<>();
    boolean set = false;
    try {
      List<Integer> ports = plan.wires() ? freePorts(mostNodes) : List.of();
      for (int port : ports) {
        relays.add(Relay.to(port, plan.seed() + port));
      }
      Stage stage = new Stage(plan, ports, relays, files);
      set = true;
      return stage;
    } catch (IOException e) {
      throw new UncheckedIOException("no port on loopback", e);
    } finally {
      if (!set) {
        relays.forEach(Stage::close);
      }
    }
  }

  /** Free now, and asked for soon; another process could take one between. */
  private static List<Integer> freePorts(int count) throws IOException {
    List<ServerSocket> sockets = new ArrayList<>();
    try {
      for (int i = 0; i < count; i++) {
        sockets.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
      }
      return sockets.stream().map(ServerSocket::getLocalPort).toList();
    } finally {
      for (ServerSocket socket : sockets) {
        socket.close();
      }
    }
  }

  FaultyCluster cluster() {
    return cluster;
  }

  List<Relay> relays() {
    return relays;
  }

  Routers routers() {
    return routers;
  }

  /** Attempts that came to nothing, so far. */
  int retries() {
    return retries.get();
  }

  /** The processes' logs stay. Returns where. */
  Path keepLogs() {
    cluster.keepLogs();
    return cluster.logs();
  }

  /** What a router says of the cluster, if one answers. */
  Optional<ClusterStatus> status() {
    return cluster.routers().stream().flatMap(router -> status(router).stream()).findFirst();
  }

  /** What was decided about the placement, if a router answers. */
  Optional<PlacementReport> placement(Duration within) {
    return cluster.routers().stream()
        .flatMap(router -> router.address().stream())
        .flatMap(address -> {
          try {
            return Stream.of(routers.client(address).placement(within));
          } catch (StatusRuntimeException notNow) {
            return Stream.empty();
          }
        })
        .findFirst();
  }

  private Optional<ClusterStatus> status(Member router) {
    try {
      return router.address().map(address -> routers.client(address).status(STATUS));
    } catch (StatusRuntimeException notNow) {
      return Optional.empty();
    }
  }

  /** Tokens that the routers have read without some experts since they started. */
  long degradedTokens() {
    return cluster.routers().stream()
        .flatMap(router ->
            router.address().stream()
                .flatMap(address ->
                    status(router).stream()
                        .flatMap(status -> status.getRoutersList().stream())
                        .filter(one -> one.getAddress().equals(address.toString()))))
        .mapToLong(one -> one.getEngine().getDegradedTokens())
        .sum();
  }

  /**
   * Until each expert has all its replicas, and every process answers.
   *
   * @param missing nodes that are not there
   * @return whether that came to be in this time
   */
  boolean awaitWhole(int missing, Duration within) {
    long endNanos = System.nanoTime() + within.toNanos();
    while (endNanos - System.nanoTime() > 0) {
      if (whole(missing)) {
        return true;
      }
      Faults.pause(LOOK_EVERY_NANOS);
    }
    return false;
  }

  private boolean whole(int missing) {
    return cluster.routers().stream()
        .allMatch(router -> status(router).filter(status -> whole(status, missing)).isPresent());
  }

  private boolean whole(ClusterStatus status, int missing) {
    int nodes = cluster.nodes().size() - missing;
    long ready =
        status.getNodesList().stream()
            .filter(node -> node.getState() == NodeState.NODE_STATE_READY)
            .count();
    return status.getComplete()
        && ready == nodes
        && status.getRoutersCount() == cluster.routers().size()
        && status.getExpertsList().stream()
            .allMatch(expert -> expert.getReplicasCount() >= Math.min(replicas, nodes));
  }

  @Override
  public void close() {
    try (cluster;
        routers) {
      relays.forEach(Stage::close);
    }
  }

  private static void close(Relay relay) {
    try {
      relay.close();
    } catch (IOException e) {
      throw new UncheckedIOException("closing a relay", e);
    }
  }
}
