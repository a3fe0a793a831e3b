package dev.switchboard.client.chaos;

import dev.switchboard.client.process.ClusterException;
import dev.switchboard.client.process.LaunchFiles;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Starts a cluster, records its undisturbed answers, and disturbs it while streams ask again. */
public final class ChaosRun {
  static final Duration WHOLE_WITHIN = Duration.ofSeconds(60);
  private static final int LEAST_SCRIPTS = 4;

  private final ChaosPlan plan;
  private final Stage stage;
  private final Consumer<String> progress;
  private final List<String> problems = new ArrayList<>();
  private final Faults faults;

  private ChaosRun(ChaosPlan plan, Stage stage, Consumer<String> progress) {
    this.plan = plan;
    this.stage = stage;
    this.progress = progress;
    this.faults =
        new Faults(
            stage.cluster(), stage.relays(), () -> stage.awaitWhole(1, Duration.ofSeconds(30)));
  }

  /**
   * Runs to the end. Everything that it starts is gone then; the processes' logs stay if something
   * went wrong.
   *
   * @param progress hears what happens, a line each
   */
  public static ChaosReport run(ChaosPlan plan, LaunchFiles files, Consumer<String> progress) {
    try (Stage stage = Stage.set(plan, plan.cluster().nodes(), files)) {
      return watched(
          stage,
          progress,
          () -> {
            ChaosReport report = new ChaosRun(plan, stage, progress).run();
            return new Course<>(report, report.clean() && report.problems().isEmpty());
          });
    }
  }

  /** What came of a course, and whether all was well. */
  record Course<R>(R report, boolean well) {}

  /** Does something of which the logs stay if it did not go well. */
  static <R> R watched(Stage stage, Consumer<String> progress, Supplier<Course<R>> work) {
    boolean well = false;
    try {
      Course<R> course = work.get();
      well = course.well();
      return course.report();
    } finally {
      if (!well) {
        progress.accept("logs: " + stage.keepLogs());
      }
    }
  }

  /** The undisturbed answers to some scripts. */
  static List<List<Answer>> record(
      ChaosPlan plan, Stage stage, List<Script> scripts, Consumer<String> progress) {
    if (!stage.awaitWhole(0, WHOLE_WITHIN)) {
      throw new ClusterException("the cluster did not become whole within " + WHOLE_WITHIN);
    }
    progress.accept("recording the answers of " + scripts.size() + " undisturbed scripts");
    return new Streams(plan.demand(), stage.routers(), List.of()).playAll(scripts);
  }

  static List<Script> scripts(ChaosPlan plan) {
    int streams = plan.demand().streams();
    return Script.some(Math.max(LEAST_SCRIPTS, streams * 3 / 2), plan.seed());
  }

  private ChaosReport run() {
    List<Script> scripts = scripts(plan);
    List<List<Answer>> right = record(plan, stage, scripts, progress);
    progress.accept("disturbing");
    Streams streams = new Streams(plan.demand(), stage.routers(), right);
    Book book = new Book(streams.gaps());
    streams.start(scripts, plan.seed());
    disturb(book, streams.gaps());
    problems.addAll(streams.stop());
    book.settle();
    ChaosReport.Degraded degraded = streams.degraded(stage.degradedTokens());
    checkCount(degraded, streams.requests());
    return new ChaosReport(
        book.faults(),
        streams.requests(),
        degraded,
        book.stalls(),
        streams.gaps().usual(),
        book.byKind(),
        problems);
  }

  /** Of an attempt that broke, and of a router that was killed, one of the two knows nothing. */
  private void checkCount(ChaosReport.Degraded degraded, ChaosReport.Requests requests) {
    boolean routersLive = plan.kinds().stream().noneMatch(FaultKind::mayEndRouter);
    if (requests.retries() == 0 && routersLive && degraded.tokens() != degraded.counted()) {
      problems.add(
          "answers say that %d tokens were degraded, the routers counted %d"
              .formatted(degraded.tokens(), degraded.counted()));
    }
  }

  private FaultKind.Means means() {
    return ChaosPlan.means(plan.cluster(), plan.around().sameHost());
  }

  private void disturb(Book book, Gaps gaps) {
    FaultPlan next = new FaultPlan(plan.seed(), plan.kinds(), means());
    long endNanos = System.nanoTime() + plan.course().time().toNanos();
    int most = plan.course().faults();
    while (endNanos - System.nanoTime() > 0 && (most == 0 || book.faults() < most)) {
      Fault fault = next.next();
      Faults.pause(fault.after().toNanos());
      if (endNanos - System.nanoTime() <= 0) {
        return;
      }
      book.settle();
      Happened done = inject(fault);
      book.add(done);
      progress.accept(line(done, gaps));
      if (!done.after().problem().isEmpty()) {
        problems.add(
            "%s of %s: %s".formatted(done.kind().word(), done.victim(), done.after().problem()));
      }
      if (!done.after().whole()) {
        return;
      }
    }
  }

  private static String line(Happened done, Gaps gaps) {
    long[] longest = gaps.longestOfEachStream(done.beginNanos(), done.endNanos());
    return "%s %s: longest gap %d ms, whole after %d ms, %d requests sent again"
        .formatted(
            done.victim(),
            done.kind().word(),
            TimeUnit.NANOSECONDS.toMillis(Gaps.quantile(longest, 1)),
            done.took().toMillis(),
            done.retries());
  }

  private Happened inject(Fault fault) {
    String victim = faults.victim(fault);
    int before = stage.retries();
    long begin = System.nanoTime();
    String problem = "";
    try {
      faults.run(fault);
    } catch (ClusterException e) {
      problem = String.valueOf(e.getMessage());
    }
    boolean whole = stage.awaitWhole(0, WHOLE_WITHIN);
    if (!whole && problem.isEmpty()) {
      problem = "the cluster did not become whole within " + WHOLE_WITHIN;
    }
    return new Happened(
        fault.kind(),
        victim,
        begin,
        System.nanoTime(),
        stage.retries() - before,
        new Happened.After(whole, problem));
  }
}
