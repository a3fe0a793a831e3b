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
 * @param brief the cluster answers a few requests and ends: nodes start soon and never get fast
 */
public record ClusterSpec(
    int nodes, int replicas, Optional<String> model, Optional<String> gate, boolean brief) {
  /**
   * The optimising compiler takes a second of each node's start, which a handful of tokens never
   * earn back. Bits do not depend on the compiler.
   */
  private static final List<String> BRIEF_JVM = List.of("-XX:TieredStopAtLevel=1");

  /**
   * Nobody waits for a private cluster to notice a silent node: a busy machine is the likelier
   * reason.
   */
  private static final String EXPERT_DEADLINE = "30s";

  public ClusterSpec {
    if (nodes < 0) {
      throw new IllegalArgumentException("nodes " + nodes + ": expected 0 or more");
    }
    if (replicas < 1 || (nodes > 0 && replicas > nodes)) {
      throw new IllegalArgumentException(
          "replicas " + replicas + ": expected 1 to the number of nodes, " + nodes);
    }
  }

  /** A cluster whose nodes warm up and get fast. */
  public ClusterSpec(int nodes, int replicas, Optional<String> model, Optional<String> gate) {
    this(nodes, replicas, model, gate, false);
  }

  /** JVM options of a node, before those of its launch file. */
  List<String> nodeJvmOptions() {
    return brief ? BRIEF_JVM : List.of();
  }

  List<String> routerArguments(String cluster) {
    List<String> arguments = new ArrayList<>(common("router"));
    gate.ifPresent(dir -> arguments.addAll(List.of("--gate", dir)));
    if (nodes == 0) {
      arguments.add("--local-experts");
    } else {
      arguments.addAll(List.of("--grid-port", "0", "--cluster", cluster));
      arguments.addAll(List.of("--expert-deadline", EXPERT_DEADLINE));
      arguments.addAll(
          List.of("--nodes", String.valueOf(nodes), "--replicas", String.valueOf(replicas)));
    }
    return arguments;
  }

  List<String> nodeArguments(String cluster, String grid) {
    List<String> arguments = new ArrayList<>(common("node"));
    arguments.addAll(List.of("--grid-port", "0", "--cluster", cluster, "--join", grid));
    if (brief) {
      arguments.addAll(List.of("--warm-millis", "0"));
    }
    return arguments;
  }

  /** Loopback and free ports: nothing of a private cluster can be met by accident. */
  private List<String> common(String role) {
    List<String> arguments = new ArrayList<>(List.of(role, "--host", "127.0.0.1", "--port", "0"));
    arguments.add("--exit-with-parent");
    model.ifPresent(dir -> arguments.addAll(List.of("--model", dir)));
    return arguments;
  }
}
