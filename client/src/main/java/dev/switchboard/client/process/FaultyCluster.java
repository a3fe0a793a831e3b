package dev.switchboard.client.process;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * Routers and nodes as children of this process, each of which may be ended and started again.
 * Unlike a {@link PrivateCluster}'s, its routers are as impatient with silent nodes as those of a
 * real deployment.
 */
public final class FaultyCluster implements AutoCloseable {
  /** What is read again at most where a session goes on at another router. */
  private static final String SNAPSHOT_TOKENS = "64";

  private final ChildGroup group = new ChildGroup();
  private final String name = "faulty-" + UUID.randomUUID();
  private final ClusterSpec spec;
  private final LaunchFiles files;
  private final Wires wires;
  private final Map<String, String> secrets;
  private final List<Member> routers = new ArrayList<>();
  private final List<Member> nodes = new ArrayList<>();

  /**
   * How routers reach nodes.
   *
   * @param sameHost {@code lanes}, {@code sockets} or {@code tcp}
   * @param ports that nodes listen on; empty: free ones
   * @param announced addresses that routers call instead of those; empty: the nodes' own
   */
  public record Wires(String sameHost, List<Integer> ports, List<String> announced) {
    public Wires {
      ports = List.copyOf(ports);
      announced = List.copyOf(announced);
    }
  }

  private FaultyCluster(ClusterSpec spec, LaunchFiles files, Wires wires) {
    this.spec = spec;
    this.files = files;
    this.wires = wires;
    this.secrets = PrivateCluster.secrets(spec);
  }

  /**
   * Starts the cluster and waits until its routers can answer.
   *
   * @throws ClusterException if a process ends before that, or naming what is missing after {@code
   *     patience}; nothing is left running, the logs stay
   */
  public static FaultyCluster start(
      ClusterSpec spec, LaunchFiles files, Wires wires, Duration patience) {
    FaultyCluster cluster = new FaultyCluster(spec, files, wires);
    try {
      cluster.launch(patience);
      return cluster;
    } catch (RuntimeException e) {
      cluster.keepLogs();
      cluster.close();
      throw e;
    }
  }

  private void launch(Duration patience) {
    routers.add(new Member("router-1", starts -> router(1, starts)));
    routers.getFirst().awaitListening(patience);
    for (int i = 2; i <= spec.routers().count(); i++) {
      int number = i;
      routers.add(new Member("router-" + i, starts -> router(number, starts)));
    }
    for (int i = 1; i <= spec.nodes(); i++) {
      int number = i;
      nodes.add(new Member("node-" + i, starts -> node(number, starts)));
    }
    routers.forEach(router -> router.awaitReady(patience));
    nodes.forEach(node -> node.awaitReady(patience));
  }

  private Child router(int number, int starts) {
    List<String> arguments = spec.impatientRouterArguments(name, grids());
    Map<String, String> environment = new HashMap<>(secrets);
    environment.put("SWITCHBOARD_GRID_SAME_HOST", wires.sameHost());
    environment.put("SWITCHBOARD_ROUTER_SESSION_SNAPSHOT_TOKENS", SNAPSHOT_TOKENS);
    return group.start(
        log("router", number, starts), files.command("router"), arguments, environment);
  }

  private Child node(int number, int starts) {
    String grid = grids().orElseThrow(() -> new ClusterException("no router to join"));
    int port = wires.ports().isEmpty() ? 0 : wires.ports().get(number - 1);
    Map<String, String> environment = new HashMap<>();
    environment.put("SWITCHBOARD_GRID_SAME_HOST", wires.sameHost());
    if (!wires.announced().isEmpty()) {
      environment.put("SWITCHBOARD_NODE_ANNOUNCE", wires.announced().get(number - 1));
    }
    return group.start(
        log("node", number, starts),
        files.command(spec.nodeLaunch(number)),
        spec.nodeArguments(number, name, grid, port),
        environment);
  }

  private static String log(String role, int number, int starts) {
    return role + "-" + number + (starts == 0 ? "" : "." + starts);
  }

  /** Where to join; empty if no router is there. */
  private Optional<String> grids() {
    String all =
        routers.stream().flatMap(router -> router.grid().stream()).collect(Collectors.joining(","));
    return all.isEmpty() ? Optional.empty() : Optional.of(all);
  }

  public List<Member> routers() {
    return List.copyOf(routers);
  }

  public List<Member> nodes() {
    return List.copyOf(nodes);
  }

  /** Holds one file a process; deleted by {@link #close} unless {@link #keepLogs} was called. */
  public Path logs() {
    return group.logs();
  }

  public void keepLogs() {
    group.keepLogs();
  }

  @Override
  public void close() {
    group.close();
  }
}
