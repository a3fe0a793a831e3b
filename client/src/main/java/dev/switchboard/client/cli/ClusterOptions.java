package dev.switchboard.client.cli;

import dev.switchboard.client.HostPort;
import dev.switchboard.client.process.ClusterSpec;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Which cluster answers: a running router, or a private one that lives as long as the command. */
final class ClusterOptions {
  private static final List<String> KERNELS = List.of("auto", "java", "native", "scalar");
  private static final int MOST_THREADS = 1024;

  @Spec(Spec.Target.MIXEE)
  private @Nullable CommandSpec spec;

  @Option(
      names = "--router",
      paramLabel = "HOST:PORT",
      description = "a running router; without it the command starts a private one and stops it")
  private @Nullable String router;

  @Option(
      names = "--nodes",
      paramLabel = "N",
      description = "expert nodes of the private cluster, each a process of its own")
  private @Nullable Integer nodes;

  @Option(
      names = "--in-process",
      description = "no expert nodes: the private router runs the experts itself")
  private boolean inProcess;

  @Option(
      names = "--replicas",
      paramLabel = "N",
      description = "copies of each expert, on different nodes (default: 1)")
  private int replicas = 1;

  @Option(
      names = "--threads",
      paramLabel = "T",
      description = {
        "threads that compute in each node, or in the one process (default: the processors, shared",
        "out among the nodes); never changes an answer"
      })
  private @Nullable Integer threads;

  @Option(
      names = "--router-threads",
      paramLabel = "T",
      description = "threads that compute in the router beside nodes (default: all processors)")
  private @Nullable Integer routerThreads;

  @Option(
      names = "--kernels",
      paramLabel = "KIND",
      description = "what computes: auto, java, native or scalar; never changes an answer")
  private @Nullable String kernels;

  @Option(names = "--model", paramLabel = "DIR", description = "model directory or GGUF file")
  private @Nullable String model;

  @Option(
      names = "--gate",
      paramLabel = "DIR",
      description = "gate laid over the model's own, as 'train router' writes it")
  private @Nullable String gate;

  @Option(
      names = "--added-expert",
      paramLabel = "DIR",
      description = {
        "one more expert beside the model's own, with its gate, as 'train expert' writes it; with",
        "--in-process"
      })
  private @Nullable String added;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      description = "a single request may take this long (default: ${DEFAULT-VALUE})")
  private int timeoutSeconds = 600;

  private ClusterSpec.Routers routers = ClusterSpec.Routers.ONE;

  /** The running router that was named. */
  Optional<HostPort> router() {
    try {
      return Optional.ofNullable(router).map(HostPort::parse);
    } catch (IllegalArgumentException e) {
      throw wrong("--router: " + e.getMessage());
    }
  }

  /** A private cluster keeps sessions, too. */
  void keepSessions() {
    routers = ClusterSpec.Routers.KEEPING;
  }

  int timeoutSeconds() {
    return timeoutSeconds;
  }

  /**
   * Checks the options against each other before anything starts.
   *
   * @param defaultNodes nodes when nothing is said; 0 for in-process
   */
  ClusterSpec checked(int defaultNodes) {
    if (nodes != null && nodes < 1) {
      throw wrong("--nodes " + nodes + ": expected 1 or more (or --in-process)");
    }
    if (nodes != null && inProcess) {
      throw wrong("--nodes and --in-process exclude each other");
    }
    boolean privately =
        nodes != null || inProcess || model != null || gate != null || added != null;
    boolean computing = threads != null || routerThreads != null || kernels != null;
    if (router().isPresent() && (privately || computing)) {
      throw wrong(
          "--router names a running cluster: --nodes, --in-process, --model, --gate, --added-expert, --threads, --router-threads and"
              + " --kernels are its own matter");
    }
    if (timeoutSeconds < 1) {
      throw wrong("--timeout " + timeoutSeconds + ": expected 1 or more seconds");
    }
    int count = inProcess ? 0 : nodes == null ? defaultNodes : nodes;
    if (replicas < 1 || replicas > Math.max(1, count)) {
      throw wrong("--replicas " + replicas + ": expected 1 to the number of nodes, " + count);
    }
    if (added != null && count > 0) {
      throw wrong("--added-expert: with --in-process; a running cluster takes it by 'expert add'");
    }
    if (added != null && gate != null) {
      throw wrong("--added-expert brings a gate of its own: not with --gate");
    }
    return new ClusterSpec(
        count,
        replicas,
        Optional.ofNullable(model),
        Optional.ofNullable(gate),
        Optional.ofNullable(added),
        kind(),
        compute(count),
        routers);
  }

  private ClusterSpec.Compute compute(int count) {
    if (kernels != null && !KERNELS.contains(kernels)) {
      throw wrong("--kernels " + kernels + ": expected one of " + String.join(", ", KERNELS));
    }
    if (count == 0 && routerThreads != null) {
      throw wrong("--router-threads: without nodes, --threads says it");
    }
    int own = checked("--threads", threads);
    return new ClusterSpec.Compute(
        count == 0 ? 0 : own,
        count == 0 ? own : checked("--router-threads", routerThreads),
        kernels == null ? KERNELS.getFirst() : kernels);
  }

  private int checked(String option, @Nullable Integer count) {
    if (count != null && (count < 1 || count > MOST_THREADS)) {
      throw wrong(option + " " + count + ": expected 1 to " + MOST_THREADS);
    }
    return count == null ? 0 : count;
  }

  /** The embedded model is so small that starting its nodes costs more than they ever compute. */
  private ClusterSpec.Kind kind() {
    if (Session.rehearsal()) {
      return ClusterSpec.Kind.BOTH;
    }
    boolean plain = model == null && (kernels == null || kernels.equals(KERNELS.getFirst()));
    return plain ? ClusterSpec.Kind.BRIEF : ClusterSpec.Kind.LASTING;
  }

  private ParameterException wrong(String message) {
    return Options.wrong(spec, message);
  }
}
