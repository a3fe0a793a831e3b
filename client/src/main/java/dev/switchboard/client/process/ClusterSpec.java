package dev.switchboard.client.process;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a private cluster is made of.
 *
 * @param nodes expert nodes; 0 lets the router run the experts itself
 * @param replicas copies of each expert, on different nodes
 * @param model model directory, absent for the one that comes with Switchboard
 * @param gate directory of a gate laid over the model's own
 * @param added directory of one more expert; only where the router runs the experts itself
 * @param kind how the nodes' JVMs are started; never changes a bit of an answer
 * @param compute threads and kernels; never change a bit of an answer
 * @param routers how many, and whether they keep sessions
 */
public record ClusterSpec(
    int nodes,
    int replicas,
    Optional<String> model,
    Optional<String> gate,
    Optional<String> added,
    Kind kind,
    Compute compute,
    Routers routers) {
  /** What a node's JVM is tuned for. */
  public enum Kind {
    /** Nodes warm up and get fast. */
    LASTING,
    /** The cluster answers a few requests and ends: nodes start soon and never get fast. */
    BRIEF,
    /** Turn about, beginning with a brief one: what the launcher rehearses. */
    BOTH
  }

  /**
   * How each process computes.
   *
   * @param nodeThreads of each node; 0 shares the processors out among the nodes
   * @param routerThreads of the router; 0 for all processors: nodes of its host work when it waits
   * @param kernels {@code auto}, {@code java}, {@code native} or {@code scalar}
   * @param kvCacheBytes the router's memory for keys and values; 0: its own default
   * @param bound whether computing threads keep to a processor each, which the cluster hands out:
   *     faster where it has the host for itself, slower where others compute there
   */
  public record Compute(
      int nodeThreads, int routerThreads, String kernels, long kvCacheBytes, boolean bound) {
    /** The router keeps as many keys and values as it does by default; no thread is bound. */
    public Compute(int nodeThreads, int routerThreads, String kernels) {
      this(nodeThreads, routerThreads, kernels, 0, false);
    }

    /** Nothing asked for. */
    public static final Compute STANDARD = new Compute(0, 0, AUTO);

    List<String> arguments(int threads, int firstProcessor) {
      List<String> arguments = new ArrayList<>(List.of("--threads", String.valueOf(threads)));
      if (bound) {
        arguments.addAll(List.of("--processors", "from:" + firstProcessor));
      }
      if (!kernels.equals(AUTO)) {
        arguments.addAll(List.of("--kernels", kernels));
      }
      return arguments;
    }
  }

  /**
   * Who takes requests.
   *
   * @param count routers of one grid; more than one need nodes
   * @param sessions whether conversations are kept, sealed with a random key of the cluster's own
   */
  public record Routers(int count, boolean sessions) {
    /** One, for requests that stand alone. */
    public static final Routers ONE = new Routers(1, false);

    /** One that keeps sessions. */
    public static final Routers KEEPING = new Routers(1, true);
  }

  private static final String AUTO = "auto";

  /**
   * Nobody waits for a private cluster to notice a silent node: a machine that is busy, or was
   * halted for a while, is the likelier reason. One that dies is noticed by its broken connection.
   */
  private static final String EXPERT_DEADLINE = "5m";

  private static final int ANY_PORT = 0;

  public ClusterSpec {
    if (nodes > 0 && added.isPresent()) {
      throw new IllegalArgumentException("added expert " + added.get() + ": not beside nodes");
    }
    if (nodes < 0) {
      throw new IllegalArgumentException("nodes " + nodes + ": expected 0 or more");
    }
    if (replicas < 1 || (nodes > 0 && replicas > nodes)) {
      throw new IllegalArgumentException(
          "replicas " + replicas + ": expected 1 to the number of nodes, " + nodes);
    }
    if (routers.count() < 1 || (routers.count() > 1 && nodes == 0)) {
      throw new IllegalArgumentException(
          "routers " + routers.count() + ": expected 1, or more beside nodes");
    }
  }

  /** Without one more expert. */
  // size: as the canonical one
  public ClusterSpec(
      int nodes,
      int replicas,
      Optional<String> model,
      Optional<String> gate,
      Kind kind,
      Compute compute,
      Routers routers) {
    this(nodes, replicas, model, gate, Optional.empty(), kind, compute, routers);
  }

  /** A cluster whose nodes warm up and get fast. */
  public ClusterSpec(int nodes, int replicas, Optional<String> model, Optional<String> gate) {
    this(nodes, replicas, model, gate, Kind.LASTING, Compute.STANDARD, Routers.ONE);
  }

  /** The same with other routers. */
  public ClusterSpec with(Routers others) {
    return new ClusterSpec(nodes, replicas, model, gate, added, kind, compute, others);
  }

  private int nodeThreads() {
    int processors = Runtime.getRuntime().availableProcessors();
    return compute.nodeThreads() > 0 ? compute.nodeThreads() : Math.max(1, processors / nodes);
  }

  /** Launch file of the i-th node, counted from 1. */
  String nodeLaunch(int i) {
    return brief(i) ? "node-brief" : "node";
  }

  private boolean brief(int i) {
    return kind == Kind.BRIEF || (kind == Kind.BOTH && i % 2 == 1);
  }

  /** Of the first router. */
  List<String> routerArguments(String cluster) {
    return firstRouter(cluster, Optional.of(EXPERT_DEADLINE));
  }

  /** Of a router that waits for silent nodes no longer than any other would. */
  List<String> impatientRouterArguments(String cluster, Optional<String> grid) {
    List<String> arguments = new ArrayList<>(firstRouter(cluster, Optional.empty()));
    grid.ifPresent(address -> arguments.addAll(List.of("--join", address)));
    return arguments;
  }

  private List<String> firstRouter(String cluster, Optional<String> expertDeadline) {
    List<String> arguments = new ArrayList<>(common("router", ANY_PORT));
    gate.ifPresent(dir -> arguments.addAll(List.of("--gate", dir)));
    added.ifPresent(dir -> arguments.addAll(List.of("--added-expert", dir)));
    arguments.addAll(compute.arguments(compute.routerThreads(), 0));
    if (compute.kvCacheBytes() > 0) {
      arguments.addAll(List.of("--kv-cache", String.valueOf(compute.kvCacheBytes())));
    }
    if (nodes == 0) {
      arguments.add("--local-experts");
    } else {
      arguments.addAll(List.of("--grid-port", "0", "--cluster", cluster));
      expertDeadline.ifPresent(time -> arguments.addAll(List.of("--expert-deadline", time)));
      arguments.addAll(
          List.of("--nodes", String.valueOf(nodes), "--replicas", String.valueOf(replicas)));
    }
    return arguments;
  }

  /** Of a router that joins the grid of the first. */
  List<String> routerArguments(String cluster, String grid) {
    List<String> arguments = new ArrayList<>(routerArguments(cluster));
    arguments.addAll(List.of("--join", grid));
    return arguments;
  }

  List<String> nodeArguments(int i, String cluster, String grid) {
    return nodeArguments(i, cluster, grid, ANY_PORT);
  }

  List<String> nodeArguments(int i, String cluster, String grid, int port) {
    List<String> arguments = new ArrayList<>(common("node", port));
    arguments.addAll(List.of("--grid-port", "0", "--cluster", cluster, "--join", grid));
    // The router's files are here too.
    arguments.addAll(List.of("--weights", "files"));
    arguments.addAll(compute.arguments(nodeThreads(), (i - 1) * nodeThreads()));
    if (brief(i)) {
      arguments.addAll(List.of("--warm-millis", "0"));
    }
    return arguments;
  }

  /** Loopback and free ports: nothing of a private cluster can be met by accident. */
  private List<String> common(String role, int port) {
    List<String> arguments =
        new ArrayList<>(List.of(role, "--host", "127.0.0.1", "--port", String.valueOf(port)));
    arguments.add("--exit-with-parent");
    model.ifPresent(dir -> arguments.addAll(List.of("--model", dir)));
    return arguments;
  }
}
