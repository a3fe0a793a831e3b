package dev.switchboard.client.cli;

import dev.switchboard.client.HostPort;
import dev.switchboard.client.process.ClusterSpec;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Which cluster answers: a running router, or a private one that lives as long as the command. */
final class ClusterOptions {
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

  @Option(names = "--model", paramLabel = "DIR", description = "model directory or GGUF file")
  private @Nullable String model;

  @Option(
      names = "--gate",
      paramLabel = "DIR",
      description = "gate laid over the model's own, as 'train router' writes it")
  private @Nullable String gate;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      description = "a single request may take this long (default: ${DEFAULT-VALUE})")
  private int timeoutSeconds = 600;

  /** The running router that was named. */
  Optional<HostPort> router() {
    try {
      return Optional.ofNullable(router).map(HostPort::parse);
    } catch (IllegalArgumentException e) {
      throw wrong("--router: " + e.getMessage());
    }
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
    boolean privately = nodes != null || inProcess || model != null || gate != null;
    if (router().isPresent() && privately) {
      throw wrong(
          "--router names a running cluster: --nodes, --in-process, --model and --gate are its own matter");
    }
    if (timeoutSeconds < 1) {
      throw wrong("--timeout " + timeoutSeconds + ": expected 1 or more seconds");
    }
    int count = inProcess ? 0 : nodes == null ? defaultNodes : nodes;
    if (replicas < 1 || replicas > Math.max(1, count)) {
      throw wrong("--replicas " + replicas + ": expected 1 to the number of nodes, " + count);
    }
    return new ClusterSpec(
        count, replicas, Optional.ofNullable(model), Optional.ofNullable(gate), kind());
  }

  /** The embedded model is so small that starting its nodes costs more than they ever compute. */
  private ClusterSpec.Kind kind() {
    if (Session.rehearsal()) {
      return ClusterSpec.Kind.BOTH;
    }
    return model == null ? ClusterSpec.Kind.BRIEF : ClusterSpec.Kind.LASTING;
  }

  private ParameterException wrong(String message) {
    return Options.wrong(spec, message);
  }
}
