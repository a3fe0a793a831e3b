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
  private final Surroundings surroundings;
  private final Optional<Path> library;
  private final Map<String, String> secrets;
  private final List<Member> routers = new ArrayList<>();
  private final List<Member> nodes = new ArrayList<>();

  /**
   * What the processes find around them.
   *
   * @param sameHost how routers and nodes talk: {@code lanes}, {@code sockets} or {@code tcp}
   * @param ports that nodes listen on; empty: free ones
   * @param announced addresses that routers call instead of those; empty: the nodes' own
   * @param settings of all processes, by the names of their environment variables
   * @param interferes whether they can be made to believe what is not so
   */
  public record Surroundings(
      String sameHost,
      List<Integer> ports,
      List<String> announced,
      Map<String, String> settings,
      boolean interferes) {
    public Surroundings {
      ports = List.copyOf(ports);
      announced = List.copyOf(announced);
      settings = Map.copyOf(settings);
    }
  }

  private FaultyCluster(ClusterSpec spec, LaunchFiles files, Surroundings surroundings) {
    this.spec = spec;
    this.files = files;
    this.surroundings = surroundings;
    this.secrets = PrivateCluster.secrets(spec);
    this.library =
        surroundings.interferes()
            ? Optional.of(Interference.build(group.logs()))
            : Optional.empty();
  }

  /**
   * Starts the cluster and waits until its routers can answer.
   *
   * @throws ClusterException if a process ends before that, or naming what is missing after {@code
   *     patience}; nothing is left running, the logs stay
   */
  public static FaultyCluster start(
      ClusterSpec spec, LaunchFiles files, Surroundings surroundings, Duration patience) {
    FaultyCluster cluster = new FaultyCluster(spec, files, surroundings);
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
    addRouter();
    routers.getFirst().awaitListening(patience);
    while (routers.size() < spec.routers().count()) {
      addRouter();
    }
    while (nodes.size() < spec.nodes()) {
      addNode();
    }
    routers.forEach(router -> router.awaitReady(patience));
    nodes.forEach(node -> node.awaitReady(patience));
  }

  private void addRouter() {
    int number = routers.size() + 1;
    Optional<Interference> interference = interference("router-" + number);
    routers.add(
        new Member(
            "router-" + number, interference, starts -> router(number, starts, interference)));
  }

  /** Starts one more node; it joins in its own time. */
  public Member addNode() {
    int number = nodes.size() + 1;
    Optional<Interference> interference = interference("node-" + number);
    Member node =
        new Member("node-" + number, interference, starts -> node(number, starts, interference));
    nodes.add(node);
    return node;
  }

  /** Asks the last node to end, and waits until it has; there is one less then. */
  public void removeNode(Duration patience) {
    nodes.getLast().terminate(patience);
    nodes.removeLast();
  }

  private Optional<Interference> interference(String member) {
    return library.map(built -> Interference.with(built, group.logs(), member));
  }

  private Map<String, String> environment(Optional<Interference> interference) {
    Map<String, String> environment = new HashMap<>(surroundings.settings());
    environment.put("SWITCHBOARD_GRID_SAME_HOST", surroundings.sameHost());
    interference.ifPresent(told -> environment.putAll(told.environment()));
    return environment;
  }

  private Child router(int number, int starts, Optional<Interference> interference) {
    List<String> arguments = spec.impatientRouterArguments(name, grids());
    Map<String, String> environment = environment(interference);
    environment.putAll(secrets);
    environment.putIfAbsent("SWITCHBOARD_ROUTER_SESSION_SNAPSHOT_TOKENS", SNAPSHOT_TOKENS);
    return group.start(
        log("router", number, starts), files.command("router"), arguments, environment);
  }

  private Child node(int number, int starts, Optional<Interference> interference) {
    String grid = grids().orElseThrow(() -> new ClusterException("no router to join"));
    List<Integer> ports = surroundings.ports();
    Map<String, String> environment = environment(interference);
    if (!surroundings.announced().isEmpty()) {
      environment.put("SWITCHBOARD_NODE_ANNOUNCE", surroundings.announced().get(number - 1));
    }
    return group.start(
        log("node", number, starts),
        files.command(spec.nodeLaunch(number)),
        spec.nodeArguments(number, name, grid, ports.isEmpty() ? 0 : ports.get(number - 1)),
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
