package dev.switchboard.router.gates;

import dev.switchboard.cluster.gates.GateCandidate;
import dev.switchboard.cluster.gates.GateChange.By;
import dev.switchboard.cluster.gates.GateRollout;
import dev.switchboard.cluster.gates.GateStore;
import dev.switchboard.cluster.settings.GateSettings;
import dev.switchboard.cluster.state.StateException;
import dev.switchboard.model.GateUse;
import dev.switchboard.model.architecture.GateArtifact;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.moe.ExpertMask;
import dev.switchboard.model.moe.GateSet;
import dev.switchboard.router.engine.Engine;
import dev.switchboard.router.engine.GateWatcher;
import dev.switchboard.router.files.VersionFolder;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which gates this router routes by: follows the rollout in the grid, has the versions loaded
 * before a request is given one, compares what is tried, and takes back what leaves its bounds. One
 * thread follows; any may ask.
 */
public final class GateDesk implements GateChooser, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(GateDesk.class);
  private static final long TICK_MILLIS = 250;

  private final Parts parts;
  private final GateBook book;
  private final GateGuard guard;
  private final GateProbes probes = new GateProbes();
  private final Map<String, String> problems = new ConcurrentHashMap<>();
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("router-gates").factory());
  private volatile Course course;

  /**
   * What a desk is made of.
   *
   * @param router its id, for the history
   * @param sizes layers with experts, and the most experts of one
   */
  public record Parts(
      String router, Sizes sizes, GateSettings settings, GateStore store, GateShelf shelf) {
    /** Of the tables of calls. */
    public record Sizes(int moeLayers, int experts) {}
  }

  /** What is known, and what requests are given by it. */
  private record Course(
      GateRollout rollout, RolloutPlan plan, GateSet active, Map<String, GateSet> sets) {
    GateUse use(String version) {
      GateSet gates = sets.getOrDefault(version, active);
      Optional<GateSet> beside =
          plan.beside(gates.version()).flatMap(other -> Optional.ofNullable(sets.get(other)));
      return beside.map(GateUse.of(gates)::beside).orElse(GateUse.of(gates));
    }
  }

  private final GateFolder folder;

  /**
   * Joins the rollout of the deployment. Waits for the grid; goes on with what the folder remembers
   * if that does not answer.
   */
  public GateDesk(Parts parts, GateFolder folder) {
    this.parts = parts;
    this.folder = folder;
    this.book = new GateBook(parts.sizes().moeLayers(), parts.sizes().experts());
    this.guard = new GateGuard(parts.settings());
    GateSet usual = parts.shelf().get(parts.shelf().usual());
    GateRollout first = GateRollout.of(usual.version());
    this.course = new Course(first, plan(first), usual, Map.of(usual.version(), usual));
    GateRollout known = folder.rollout().read().orElse(first);
    try {
      adopt(parts.store().seed(known));
    } catch (StateException e) {
      LOG.warn("the grid does not say which gates are active: {}", e.getMessage());
      adopt(known);
    }
  }

  /** Begins to follow, and to compare. */
  public void start(Engine engine) {
    thread.scheduleWithFixedDelay(
        () -> tick(engine), TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
  }

  /** Hears what was chosen. */
  public GateWatcher watcher() {
    return book;
  }

  @Override
  public GateUse use(String key) {
    Course now = course;
    return now.use(now.plan.version(key));
  }

  @Override
  public Optional<GateUse> again(String version) {
    return parts.shelf().loaded(version).map(GateUse::of);
  }

  @Override
  public void begins(int[] prompt, ExpertMask mask) {
    probes.begins(prompt, mask);
  }

  GateRollout rollout() {
    return course.rollout;
  }

  String router() {
    return parts.router();
  }

  GateShelf shelf() {
    return parts.shelf();
  }

  VersionFolder<GateArtifact> folder() {
    return folder.versions();
  }

  List<GateBook.Found> compared() {
    return book.all();
  }

  /** Why a version cannot be used here; empty if it can, or was not tried. */
  Optional<String> problem(String version) {
    return Optional.ofNullable(problems.get(version));
  }

  /**
   * Changes the rollout for all routers. This one follows before it returns.
   *
   * @throws CheckpointException if a version of it is not there, or does not fit
   * @throws dev.switchboard.cluster.gates.GateRolloutException if the change cannot follow
   * @throws StateException if the grid does not answer
   */
  GateRollout change(UnaryOperator<GateRollout> change) {
    GateRollout next =
        parts.store().change(course.rollout, rollout -> withVersions(change.apply(rollout)));
    adopt(next);
    return next;
  }

  /** Puts gates among the router's versions; they are tried by nobody yet. */
  public void keep(GateArtifact gates) {
    VersionFolder<GateArtifact> versions = folder.versions();
    if (!versions.has(gates.version())) {
      Path begun = versions.begin();
      try {
        gates.write(begun);
        versions.take(begun, gates.version());
      } finally {
        VersionFolder.drop(begun);
      }
    }
  }

  /**
   * Takes back all gates that choose from more than so many experts, for all routers. This one
   * follows before it returns.
   *
   * @throws StateException if the grid does not answer
   */
  public void takeBack(int experts, By by) {
    change(rollout ->
        rollout.without(
            version -> parts.shelf().experts(version) > experts, parts.shelf().usual(), by));
  }

  /** Nothing is active, or tried, that cannot be loaded. */
  private GateRollout withVersions(GateRollout rollout) {
    parts.shelf().get(rollout.active());
    rollout.candidate().ifPresent(tried -> parts.shelf().get(tried.version()));
    return rollout;
  }

  private void tick(Engine engine) {
    try {
      follow();
      compare(engine);
      judge();
    } catch (StateException e) {
      LOG.debug("the rollout of gates is looked at again: {}", e.getMessage());
    } catch (RuntimeException e) {
      LOG.error("the rollout of gates goes on after an error", e);
    }
  }

  /** The grid's rollout; what it has lost is put back. */
  private void follow() {
    GateRollout known = course.rollout;
    GateRollout stored = parts.store().load().orElseGet(() -> parts.store().seed(known));
    if (stored.revision() < known.revision()) {
      stored =
          parts.store().change(known, found -> found.revision() < known.revision() ? known : found);
    }
    adopt(stored);
  }

  private synchronized void adopt(GateRollout rollout) {
    Course before = course;
    if (rollout.revision() < before.rollout.revision()) {
      return;
    }
    RolloutPlan plan = plan(rollout);
    boolean complete = needed(plan).allMatch(version -> before.sets.containsKey(version));
    if (rollout.equals(before.rollout) && plan.equals(before.plan) && complete) {
      return;
    }
    forgetOld(before.rollout, rollout);
    Map<String, GateSet> sets = new ConcurrentHashMap<>();
    needed(plan)
        .forEach(version -> {
          GateSet found = load(version);
          if (found != null) {
            sets.put(version, found);
          }
        });
    // A version that cannot be had here changes nothing: better the old one than none.
    GateSet active = sets.getOrDefault(plan.active(), before.active);
    course = new Course(rollout, plan, active, Map.copyOf(sets));
    if (!rollout.equals(before.rollout)) {
      folder.rollout().write(rollout);
      LOG.info(
          "gates: {} active{}",
          rollout.active(),
          rollout.candidate().map(tried -> ", " + describe(tried)).orElse(""));
    }
  }

  private static String describe(GateCandidate candidate) {
    return switch (candidate.mode()) {
      case SHADOW -> candidate.version() + " asked beside it";
      case CANARY -> candidate.version() + " for " + candidate.share() + " of the requests";
    };
  }

  /** Who is tried anew is compared anew. */
  private void forgetOld(GateRollout before, GateRollout next) {
    Optional<String> tried = next.candidate().map(GateCandidate::version);
    Optional<String> triedBefore = before.candidate().map(GateCandidate::version);
    if (tried.isPresent() && !tried.equals(triedBefore)) {
      book.forget(tried.get());
    }
    boolean promoted = !next.active().equals(before.active());
    if (promoted && !triedBefore.equals(Optional.of(next.active()))) {
      book.forget(next.active());
    }
  }

  private static Stream<String> needed(RolloutPlan plan) {
    return Stream.concat(
            Stream.of(plan.active()),
            Stream.concat(
                plan.candidate().map(GateCandidate::version).stream(),
                plan.judged().map(GatePair::other).stream()))
        .distinct();
  }

  private @Nullable GateSet load(String version) {
    try {
      GateSet found = parts.shelf().get(version);
      problems.remove(version);
      return found;
    } catch (CheckpointException e) {
      String message = String.valueOf(e.getMessage());
      if (!message.equals(problems.put(version, message))) {
        LOG.error("gates {} cannot be used here: {}", version, message);
      }
      return null;
    }
  }

  private RolloutPlan plan(GateRollout rollout) {
    return RolloutPlan.of(rollout, parts.settings().gateProbation(), Instant.now());
  }

  private void compare(Engine engine) {
    Course now = course;
    GatePair pair = now.plan.probed().orElse(null);
    if (pair == null) {
      return;
    }
    GateSet gates = now.sets.get(pair.version());
    GateSet others = now.sets.get(pair.other());
    if (gates == null || others == null) {
      return;
    }
    GateProbes.Text text = probes.next(pair);
    if (text != null) {
      probes
          .read(engine, text, gates, others)
          .whenComplete((losses, failure) -> {
            if (failure == null) {
              book.judged(pair, losses.tokens(), losses.loss(), losses.otherLoss());
            } else {
              LOG.debug("a text was not compared: {}", failure.toString());
            }
          });
    }
  }

  private void judge() {
    GatePair pair = course.plan.judged().orElse(null);
    if (pair == null) {
      return;
    }
    Optional<String> reason = guard.judge(book.of(pair));
    if (reason.isPresent()) {
      LOG.warn("gates {} are taken back: {}", pair.version(), reason.get());
      By by = new By(By.GUARD, Instant.now(), reason.get() + ", at router " + parts.router());
      adopt(
          parts
              .store()
              .change(
                  course.rollout,
                  found ->
                      plan(found).judged().equals(Optional.of(pair)) ? found.rollback(by) : found));
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
