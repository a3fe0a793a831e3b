package dev.switchboard.client.chaos;

import dev.switchboard.client.HostPort;
import dev.switchboard.client.process.ClusterException;
import dev.switchboard.client.process.ClusterSpec;
import dev.switchboard.client.process.FaultyCluster;
import dev.switchboard.client.process.LaunchFiles;
import dev.switchboard.client.process.Member;
import dev.switchboard.proto.v1.ClusterStatus;
import dev.switchboard.proto.v1.NodeState;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Starts a cluster, records its undisturbed answers, and disturbs it while streams ask again. */
public final class ChaosRun {
  private static final Duration START = Duration.ofMinutes(3);
  private static final Duration WHOLE_WITHIN = Duration.ofSeconds(60);
  private static final Duration STATUS = Duration.ofSeconds(2);
  private static final long LOOK_EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final int LEAST_SCRIPTS = 4;

  /**
   * What to do.
   *
   * @param seed of the requests and of the faults
   * @param time for faults and requests, after the undisturbed run
   * @param streams requests at the same time
   * @param cluster routers, nodes, replicas, model
   * @param kinds of faults
   * @param sameHost how routers and nodes talk; by {@code tcp} their wires are disturbed too
   */
  // size: what there is to say
  public record Plan(
      long seed,
      Duration time,
      int streams,
      List<FaultKind> kinds,
      ClusterSpec cluster,
      String sameHost) {
    public Plan {
      kinds = List.copyOf(kinds);
    }

    boolean wires() {
      return sameHost.equals("tcp");
    }
  }

  private final Plan plan;
  private final FaultyCluster cluster;
  private final Consumer<String> progress;
  private final AtomicInteger retries = new AtomicInteger();
  private final List<Happened> happened = new ArrayList<>();
  private final List<String> problems = new ArrayList<>();
  private final Routers routers;
  private final Faults faults;

  private ChaosRun(
      Plan plan, FaultyCluster cluster, List<Relay> relays, Consumer<String> progress) {
    this.plan = plan;
    this.cluster = cluster;
    this.progress = progress;
    List<Supplier<Optional<HostPort>>> places = new ArrayList<>();
    cluster.routers().forEach(router -> places.add(router::address));
    this.routers = new Routers(places, problem -> retries.incrementAndGet());
    this.faults = new Faults(cluster, relays);
  }

  /**
   * Runs to the end. Everything that it starts is gone then; the processes' logs stay if something
   * went wrong.
   *
   * @param progress hears what happens, a line each
   */
  public static ChaosReport run(Plan plan, LaunchFiles files, Consumer<String> progress) {
    List<Relay> relays = new ArrayList<>();
    try {
      List<Integer> ports = plan.wires() ? freePorts(plan.cluster().nodes()) : List.of();
      for (int port : ports) {
        relays.add(Relay.to(port, plan.seed() + port));
      }
      List<String> announced = relays.stream().map(relay -> "127.0.0.1:" + relay.port()).toList();
      FaultyCluster.Wires wires = new FaultyCluster.Wires(plan.sameHost(), ports, announced);
      try (FaultyCluster cluster = FaultyCluster.start(plan.cluster(), files, wires, START)) {
        ChaosReport report = new ChaosRun(plan, cluster, relays, progress).run();
        if (!report.clean() || !report.problems().isEmpty()) {
          cluster.keepLogs();
          progress.accept("logs: " + cluster.logs());
        }
        return report;
      }
    } catch (IOException e) {
      throw new UncheckedIOException("no port on loopback", e);
    } finally {
      relays.forEach(ChaosRun::close);
    }
  }

  private static void close(Relay relay) {
    try {
      relay.close();
    } catch (IOException e) {
      throw new UncheckedIOException("closing a relay", e);
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

  private ChaosReport run() {
    try (routers) {
      if (!awaitWhole()) {
        throw new ClusterException("the cluster did not become whole within " + WHOLE_WITHIN);
      }
      int count = Math.max(LEAST_SCRIPTS, plan.streams() * 3 / 2);
      List<Script> scripts = Script.some(count, plan.seed());
      progress.accept("recording the answers of " + count + " undisturbed scripts");
      Streams undisturbed = new Streams(plan.streams(), routers, List.of());
      List<List<Answer>> right = undisturbed.playAll(scripts);
      progress.accept("disturbing");
      Streams streams = new Streams(plan.streams(), routers, right);
      streams.start(scripts, plan.seed());
      long endNanos = System.nanoTime() + plan.time().toNanos();
      disturb(endNanos, streams.gaps());
      problems.addAll(streams.stop());
      return ChaosReport.of(happened, streams.gaps(), streams.requests(), problems);
    }
  }

  private void disturb(long endNanos, Gaps gaps) {
    FaultPlan next =
        new FaultPlan(
            plan.seed(),
            plan.kinds(),
            cluster.routers().size(),
            cluster.nodes().size(),
            plan.wires());
    while (endNanos - System.nanoTime() > 0) {
      Fault fault = next.next();
      Faults.pause(fault.after().toNanos());
      if (endNanos - System.nanoTime() <= 0) {
        return;
      }
      Happened done = inject(fault);
      happened.add(done);
      progress.accept(line(done, gaps));
      if (!done.whole()) {
        problems.add(
            "after %s of %s the cluster did not become whole"
                .formatted(done.kind(), done.victim()));
        return;
      }
    }
  }

  private static String line(Happened done, Gaps gaps) {
    long[] longest = gaps.longestOfEachStream(done.beginNanos(), done.endNanos());
    return "%s %s: longest gap %d ms, whole after %d ms, %d requests sent again"
        .formatted(
            done.victim(),
            done.kind().name().toLowerCase(Locale.ROOT),
            TimeUnit.NANOSECONDS.toMillis(Gaps.quantile(longest, 1)),
            done.took().toMillis(),
            done.retries());
  }

  private Happened inject(Fault fault) {
    String victim = faults.victim(fault);
    int before = retries.get();
    long begin = System.nanoTime();
    faults.run(fault);
    boolean whole = awaitWhole();
    return new Happened(
        fault.kind(), victim, begin, System.nanoTime(), retries.get() - before, whole);
  }

  /** Until each expert has all its replicas, and every process answers; or for too long. */
  private boolean awaitWhole() {
    long endNanos = System.nanoTime() + WHOLE_WITHIN.toNanos();
    while (endNanos - System.nanoTime() > 0) {
      if (whole()) {
        return true;
      }
      Faults.pause(LOOK_EVERY_NANOS);
    }
    return false;
  }

  private boolean whole() {
    if (cluster.routers().stream().anyMatch(router -> router.address().isEmpty())) {
      return false;
    }
    for (Member router : cluster.routers()) {
      @Nullable HostPort address = router.address().orElse(null);
      try {
        if (address == null || !whole(routers.client(address).status(STATUS))) {
          return false;
        }
      } catch (StatusRuntimeException notNow) {
        return false;
      }
    }
    return true;
  }

  private boolean whole(ClusterStatus status) {
    long ready =
        status.getNodesList().stream()
            .filter(node -> node.getState() == NodeState.NODE_STATE_READY)
            .count();
    return status.getComplete()
        && ready == cluster.nodes().size()
        && status.getRoutersCount() == cluster.routers().size()
        && status.getExpertsList().stream()
            .allMatch(expert -> expert.getReplicasCount() >= plan.cluster().replicas());
  }
}
