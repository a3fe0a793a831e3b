package dev.switchboard.client.process;

import dev.switchboard.client.HostPort;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.IntFunction;

/**
 * Routers (mostly one) and expert nodes as children of this process, with a random cluster name, on
 * free loopback ports, joined to each other by address: two private clusters never meet. {@link
 * #close} ends them; so does the end of this process, orderly (shutdown hook) or not (their
 * standard input ends). Logs lie in a temporary folder that stays after a failure.
 */
public final class PrivateCluster implements AutoCloseable {
  private static final long GENTLE_STOP_SECONDS = 120;
  private static final long KILL_SECONDS = 10;
  private static final String STATE_KEY = "SWITCHBOARD_GRID_STATE_KEY";
  private static final int STATE_KEY_BYTES = 32;

  /** How {@link #close} ends the children. */
  public enum Stop {
    /** At once: they hold nothing that anyone will miss. */
    KILL,
    /** Each in its own time, as an operator would stop it. */
    GENTLY
  }

  private final ChildGroup group = new ChildGroup();
  private final Stop stop;
  private final List<Child> routers = new ArrayList<>();
  private final List<Child> nodes = new ArrayList<>();
  private final List<HostPort> addresses = new ArrayList<>();
  private Optional<IntFunction<Child>> oneMore = Optional.empty();

  private PrivateCluster(Stop stop) {
    this.stop = stop;
  }

  /**
   * Starts the cluster and waits until its routers can answer.
   *
   * @throws ClusterException with the child's own error if one ends before that, or naming what is
   *     missing after {@code timeout}; nothing is left running, the logs stay
   */
  public static PrivateCluster start(
      ClusterSpec spec, LaunchFiles files, Duration timeout, Stop stop) {
    PrivateCluster cluster = new PrivateCluster(stop);
    try {
      cluster.launch(spec, files, System.nanoTime() + timeout.toNanos());
      return cluster;
    } catch (RuntimeException e) {
      cluster.keepLogs();
      cluster.group.close();
      throw e;
    }
  }

  /** Where the router takes requests; the first, where there are more. */
  public HostPort router() {
    return router(0);
  }

  /** Where the i-th router takes requests, counted from 0. */
  public HostPort router(int i) {
    return addresses.get(i);
  }

  public long routerPid() {
    return routerPid(0);
  }

  public long routerPid(int i) {
    return routers.get(i).pid();
  }

  /** Ends the i-th router as {@code kill -9} does, and waits until it is gone. */
  public void killRouter(int i) {
    Child router = routers.get(i);
    router.kill();
    router.ended().orTimeout(KILL_SECONDS, TimeUnit.SECONDS).join();
  }

  /**
   * Starts one node more, which joins, and returns at once.
   *
   * @return its number, counted from 0: the last
   * @throws IllegalStateException if the cluster has no nodes
   */
  public int startNode() {
    IntFunction<Child> node =
        oneMore.orElseThrow(() -> new IllegalStateException("the router runs the experts itself"));
    nodes.add(node.apply(nodes.size() + 1));
    return nodes.size() - 1;
  }

  public List<Long> nodePids() {
    return nodes.stream().map(Child::pid).toList();
  }

  /**
   * How long the i-th node took from the start of its process to its ready line, counted from 0;
   * waits for it.
   *
   * @throws ClusterException if it ends, or is not ready after {@code timeout}
   */
  public Duration nodeStart(int i, Duration timeout) {
    Child node = nodes.get(i);
    await(node.ready(), "node " + i + " to be ready", System.nanoTime() + timeout.toNanos());
    return node.startToReady();
  }

  /** Holds one file a process; deleted by {@link #close} unless {@link #keepLogs} was called. */
  public Path logs() {
    return group.logs();
  }

  public void keepLogs() {
    group.keepLogs();
  }

  /** What became of the processes that have ended, one line each. */
  public List<String> losses() {
    return group.losses();
  }

  private void launch(ClusterSpec spec, LaunchFiles files, long deadlineNanos) {
    String name = "private-" + UUID.randomUUID();
    Map<String, String> secrets = secrets(spec);
    Child first =
        group.start("router", files.command("router"), spec.routerArguments(name), secrets);
    routers.add(first);
    if (spec.nodes() > 0) {
      Announcement said = await(first.listening(), "the router's grid to listen", deadlineNanos);
      String grid = said.field("grid");
      for (int i = 2; i <= spec.routers().count(); i++) {
        List<String> arguments = spec.routerArguments(name, grid);
        routers.add(group.start("router-" + i, files.command("router"), arguments, secrets));
      }
      IntFunction<Child> node =
          i -> {
            List<String> command = files.command(spec.nodeLaunch(i));
            return group.start("node-" + i, command, spec.nodeArguments(i, name, grid), Map.of());
          };
      for (int i = 1; i <= spec.nodes(); i++) {
        nodes.add(node.apply(i));
      }
      oneMore = Optional.of(node);
    }
    String awaited = "the router and " + spec.nodes() + " expert nodes to be ready";
    for (Child router : routers) {
      Announcement said = await(orLoss(router.ready()), awaited, deadlineNanos);
      addresses.add(HostPort.parse(said.field("address")));
    }
  }

  /** In the environment, which others on this machine do not see; arguments they do. */
  static Map<String, String> secrets(ClusterSpec spec) {
    // A router without a grid seals with a key of its own.
    if (!spec.routers().sessions() || spec.nodes() == 0 || System.getenv(STATE_KEY) != null) {
      return Map.of();
    }
    byte[] key = new byte[STATE_KEY_BYTES];
    new SecureRandom().nextBytes(key);
    return Map.of(STATE_KEY, HexFormat.of().formatHex(key));
  }

  /** The given future, failed early if any child ends. */
  private CompletableFuture<Announcement> orLoss(CompletableFuture<Announcement> awaited) {
    CompletableFuture<Announcement> either = awaited.copy();
    for (Child child : group.children()) {
      child
          .ended()
          .thenRun(() -> either.completeExceptionally(new ClusterException(child.epitaph())));
    }
    return either;
  }

  private Announcement await(
      CompletableFuture<Announcement> future, String what, long deadlineNanos) {
    try {
      return future.get(deadlineNanos - System.nanoTime(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof ClusterException loss
          ? new ClusterException(loss.getMessage() + " (logs: " + logs() + ")", loss)
          : new ClusterException(String.valueOf(e.getCause()), e);
    } catch (TimeoutException e) {
      throw new ClusterException("waited too long for " + what + "; logs: " + logs(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ClusterException("interrupted while waiting for " + what, e);
    }
  }

  @Override
  public void close() {
    if (stop == Stop.GENTLY) {
      group.askToEnd(GENTLE_STOP_SECONDS);
    }
    group.close();
  }
}
