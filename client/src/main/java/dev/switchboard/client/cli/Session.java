package dev.switchboard.client.cli;

import dev.switchboard.client.HostPort;
import dev.switchboard.client.SwitchboardClient;
import dev.switchboard.client.cli.Completion.Extras;
import dev.switchboard.client.process.ClusterSpec;
import dev.switchboard.client.process.LaunchFiles;
import dev.switchboard.client.process.PrivateCluster;
import dev.switchboard.proto.v1.ClusterStatus;
import dev.switchboard.proto.v1.GenerateInput;
import dev.switchboard.proto.v1.GenerateRequest;
import dev.switchboard.proto.v1.GeneratedToken;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.Iterator;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The router that a command talks to: a running one, or a private cluster that ends with the
 * command.
 */
final class Session implements AutoCloseable {
  private static final Duration START_TIMEOUT = Duration.ofMinutes(5);

  private final @Nullable PrivateCluster cluster;
  private final SwitchboardClient client;
  private final Duration timeout;
  private final double startSeconds;
  private @Nullable Experts experts;

  private Session(
      @Nullable PrivateCluster cluster,
      SwitchboardClient client,
      Duration timeout,
      long begunNanos) {
    this.cluster = cluster;
    this.client = client;
    this.timeout = timeout;
    this.startSeconds = (System.nanoTime() - begunNanos) / 1e9;
  }

  /**
   * Runs {@code work} against the router that the options name. When a request fails, the private
   * cluster's logs stay and processes that were lost are named.
   */
  static int with(
      ClusterOptions options,
      int defaultNodes,
      Terminal terminal,
      Function<Session, Integer> work) {
    ClusterSpec spec = options.checked(defaultNodes);
    try (Session session = open(options, spec, terminal)) {
      try {
        return work.apply(session);
      } catch (StatusRuntimeException e) {
        session.explain(terminal);
        throw e;
      }
    }
  }

  private static Session open(ClusterOptions options, ClusterSpec spec, Terminal terminal) {
    long begun = System.nanoTime();
    Duration timeout = Duration.ofSeconds(options.timeoutSeconds());
    Optional<HostPort> running = options.router();
    if (running.isPresent()) {
      return new Session(null, connect(running.get(), terminal), timeout, begun);
    }
    LaunchFiles files = LaunchFiles.of(terminal.environment());
    terminal.live(
        "starting " + (spec.nodes() == 0 ? "a router" : spec.nodes() + " expert nodes") + " ...");
    try {
      PrivateCluster.Stop stop =
          rehearsal() ? PrivateCluster.Stop.GENTLY : PrivateCluster.Stop.KILL;
      PrivateCluster cluster = PrivateCluster.start(spec, files, START_TIMEOUT, stop);
      return new Session(cluster, connect(cluster.router(), terminal), timeout, begun);
    } finally {
      terminal.live("");
    }
  }

  private static SwitchboardClient connect(HostPort router, Terminal terminal) {
    return SwitchboardClient.connect(router, RunningRouter.key(terminal));
  }

  /** Runs one request to its end. */
  Completion complete(GenerateRequest request, Consumer<GeneratedToken> onToken) {
    return complete(request, onToken, Extras.NONE);
  }

  Completion complete(GenerateRequest request, Consumer<GeneratedToken> onToken, Extras extras) {
    return Completion.run(client.generate(request, timeout), onToken, extras);
  }

  /** The same for a request in pieces. */
  Completion complete(
      Iterator<GenerateInput> inputs, Consumer<GeneratedToken> onToken, Extras extras) {
    return Completion.run(client.generateFrom(inputs, timeout), onToken, extras);
  }

  /** Memory of the private cluster's router, as it is when asked; 0 of any other. */
  LongSupplier routerMemory() {
    if (cluster == null) {
      return () -> 0;
    }
    long pid = client.status(timeout).getRouters(0).getPid();
    return () -> Reading.residentBytes(pid);
  }

  /** The experts of the served model, asked for once. */
  synchronized Experts experts() {
    if (experts == null) {
      experts = Experts.of(client.describeModel(timeout));
    }
    return experts;
  }

  ClusterStatus status() {
    return client.status(timeout);
  }

  /** The launcher is recording this run and its children for later starts: they end in order. */
  static boolean rehearsal() {
    return Boolean.getBoolean("switchboard.rehearsal");
  }

  SwitchboardClient client() {
    return client;
  }

  Duration timeout() {
    return timeout;
  }

  /** What starting the private cluster took; about 0 with a running router. */
  double startSeconds() {
    return startSeconds;
  }

  private void explain(Terminal terminal) {
    if (cluster != null) {
      cluster.keepLogs();
      cluster.losses().forEach(terminal::error);
      terminal.error("logs: " + cluster.logs());
    }
  }

  @Override
  public void close() {
    client.close();
    if (cluster != null) {
      cluster.close();
    }
  }
}
