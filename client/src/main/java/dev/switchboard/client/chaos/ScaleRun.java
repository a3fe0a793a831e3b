package dev.switchboard.client.chaos;

import dev.switchboard.client.chaos.ScaleReport.Came;
import dev.switchboard.client.chaos.ScaleReport.Decision;
import dev.switchboard.client.chaos.ScaleReport.Phase;
import dev.switchboard.client.process.ClusterException;
import dev.switchboard.client.process.LaunchFiles;
import dev.switchboard.client.process.Member;
import dev.switchboard.proto.v1.NodeStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** Lets a cluster that is being used grow node by node, and shrink again. */
public final class ScaleRun {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Duration CALL = Duration.ofSeconds(5);
  private static final long HOLD_NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final long LOOK_EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private final Stage stage;
  private final int least;
  private final int most;
  private final Consumer<String> progress;
  private final List<Phase> phases = new ArrayList<>();
  private final List<Came> came = new ArrayList<>();

  private ScaleRun(Stage stage, int least, int most, Consumer<String> progress) {
    this.stage = stage;
    this.least = least;
    this.most = most;
    this.progress = progress;
  }

  /**
   * Runs to the end. Everything that it starts is gone then; the processes' logs stay if something
   * went wrong.
   *
   * @param plan faults of it are left out; its cluster has the nodes of the beginning and the end
   * @param most nodes in between
   * @param progress hears what happens, a line each
   */
  public static ScaleReport run(
      ChaosPlan plan, int most, LaunchFiles files, Consumer<String> progress) {
    try (Stage stage = Stage.set(plan, most, files)) {
      return ChaosRun.watched(
          stage,
          progress,
          () -> {
            ScaleReport report =
                new ScaleRun(stage, plan.cluster().nodes(), most, progress).run(plan);
            return new ChaosRun.Course<>(report, report.clean());
          });
    }
  }

  private ScaleReport run(ChaosPlan plan) {
    List<Script> scripts = ChaosRun.scripts(plan);
    List<List<Answer>> right = ChaosRun.record(plan, stage, scripts, progress);
    int decided = decisions().size();
    Streams streams = new Streams(plan.demand(), stage.routers(), right);
    streams.start(scripts, plan.seed());
    List<String> problems = new ArrayList<>();
    try {
      scale(streams);
    } catch (ClusterException e) {
      problems.add(String.valueOf(e.getMessage()));
    }
    List<Decision> all = decisions();
    problems.addAll(streams.stop());
    streams.gaps().undisturbed();
    return new ScaleReport(
        phases,
        came,
        all.subList(Math.min(decided, all.size()), all.size()),
        streams.requests(),
        streams.gaps().usual(),
        problems);
  }

  private void scale(Streams streams) {
    hold(streams);
    while (stage.cluster().nodes().size() < most) {
      grow();
      streams.gaps().undisturbed();
    }
    hold(streams);
    while (stage.cluster().nodes().size() > least) {
      String name = stage.cluster().nodes().getLast().name();
      long begin = System.nanoTime();
      stage.cluster().removeNode(PATIENCE);
      awaitWhole(name + " had ended");
      streams.gaps().undisturbed();
      progress.accept("%s gone after %d ms".formatted(name, millisSince(begin)));
    }
    hold(streams);
  }

  private void grow() {
    Member node = stage.cluster().addNode();
    long begin = node.startedNanos();
    node.awaitReady(PATIENCE);
    long ready = millisSince(begin);
    long first = await(node, status -> status.getBatches() > 0, begin);
    awaitWhole(node.name() + " had come");
    came.add(new Came(node.name(), ready, first, millisSince(begin)));
    progress.accept(
        "%s ready after %d ms, first batch after %d ms, all as placed after %d ms"
            .formatted(node.name(), ready, first, millisSince(begin)));
  }

  private long await(Member node, Predicate<NodeStatus> wanted, long begin) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (end - System.nanoTime() > 0) {
      boolean there =
          stage.status().stream()
              .flatMap(status -> status.getNodesList().stream())
              .anyMatch(status -> status.getPid() == node.pid() && wanted.test(status));
      if (there) {
        return millisSince(begin);
      }
      Faults.pause(LOOK_EVERY_NANOS);
    }
    throw new ClusterException(node.name() + " was sent nothing within " + PATIENCE);
  }

  private void awaitWhole(String after) {
    if (!stage.awaitWhole(0, PATIENCE)) {
      throw new ClusterException(
          "the cluster did not become whole within %s after %s".formatted(PATIENCE, after));
    }
  }

  private static long millisSince(long nanos) {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - nanos);
  }

  /** Nobody comes or goes for a while; what is done meanwhile is measured. */
  private void hold(Streams streams) {
    List<Member> nodes = stage.cluster().nodes();
    List<Member> routers = stage.cluster().routers();
    long[] nodesBefore = busy(nodes);
    long[] routersBefore = busy(routers);
    int tokens = streams.generated();
    long begin = System.nanoTime();
    Faults.pause(HOLD_NANOS);
    double seconds = (System.nanoTime() - begin) / 1e9;
    double[] ofNodes = shares(nodesBefore, busy(nodes), seconds);
    double[] ofRouters = shares(routersBefore, busy(routers), seconds);
    Phase phase =
        new Phase(
            nodes.size(),
            (streams.generated() - tokens) / seconds,
            Math.max(most(ofNodes), most(ofRouters)),
            sum(ofNodes),
            sum(ofRouters));
    phases.add(phase);
    progress.accept(
        "%d nodes: %.0f tokens/s; processors of all nodes %.2f, of all routers %.2f, of the busiest process %.2f"
            .formatted(
                phase.nodeCount(),
                phase.tokensPerSecond(),
                phase.nodes(),
                phase.routers(),
                phase.busiest()));
  }

  /** Processor time of each process so far, in nanoseconds. */
  private static long[] busy(List<Member> members) {
    return members.stream()
        .mapToLong(member ->
            ProcessHandle.of(member.pid())
                .flatMap(process -> process.info().totalCpuDuration())
                .orElse(Duration.ZERO)
                .toNanos())
        .toArray();
  }

  private static double[] shares(long[] before, long[] after, double seconds) {
    double[] shares = new double[after.length];
    for (int i = 0; i < shares.length; i++) {
      shares[i] = (after[i] - before[i]) / 1e9 / seconds;
    }
    return shares;
  }

  private static double sum(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    return sum;
  }

  private static double most(double[] values) {
    double most = 0;
    for (double value : values) {
      most = Math.max(most, value);
    }
    return most;
  }

  private List<Decision> decisions() {
    return stage
        .placement(CALL)
        .map(report ->
            report.getHistoryList().stream()
                .map(made -> new Decision(made.getWhy(), made.getLoads(), made.getDrops()))
                .toList())
        .orElse(List.of());
  }
}
