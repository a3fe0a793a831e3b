package dev.switchboard.node;

import dev.switchboard.cluster.ClusterView;
import dev.switchboard.cluster.ExpertUnits;
import dev.switchboard.cluster.Grid;
import dev.switchboard.cluster.LoadCost;
import dev.switchboard.cluster.NodeBook;
import dev.switchboard.cluster.NodeInfo;
import dev.switchboard.cluster.NodeState;
import dev.switchboard.cluster.ServedVersion;
import dev.switchboard.cluster.metrics.ResidentMemory;
import dev.switchboard.model.crew.IdlePriority;
import dev.switchboard.node.runtime.HeldExperts;
import dev.switchboard.node.shard.Action;
import dev.switchboard.node.shard.HandOver;
import dev.switchboard.node.shard.LoadWay;
import dev.switchboard.node.shard.PlacementFollower;
import dev.switchboard.node.shard.SleepRules;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries out what {@link PlacementFollower} decides, and tells the grid. Decisions and
 * announcements on one thread, loading on another, so that neither grid nor batches wait for a
 * disk.
 */
final class ShardControl implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ShardControl.class);
  private static final Duration ASK_AGAIN = Duration.ofMillis(50);
  private static final Duration LOAD_AGAIN = Duration.ofMillis(500);
  private static final int MOST_DOUBLINGS = 6;

  private final Shard shard;
  private final PlacementFollower follower;
  private final Runnable onReady;
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private final ScheduledExecutorService control;
  private final ExecutorService loader;
  private final ExecutorService quiet;
  private final ServedVersion version;
  private NodeInfo info;
  private final NodeReport report;
  private int failures;
  private boolean draining;
  private String toldAlone = "";
  private volatile ClusterView view = ClusterView.EMPTY;
  private final CompletableFuture<HandOver> handedOver = new CompletableFuture<>();
  private @Nullable Grid grid;
  private volatile LoadCost gridCost = new LoadCost();

  /**
   * Its threads; ended with it.
   *
   * @param control decides and announces
   * @param loader loads what somebody waits for
   * @param quiet loads beside serving
   */
  record Threads(ScheduledExecutorService control, ExecutorService loader, ExecutorService quiet) {
    /** One that loads, whatever it is for. */
    Threads(ScheduledExecutorService control, ExecutorService loader) {
      this(control, loader, loader);
    }

    static Threads start() {
      return new Threads(
          Executors.newSingleThreadScheduledExecutor(thread("node-control")),
          Executors.newSingleThreadExecutor(thread("node-loader")),
          Executors.newSingleThreadExecutor(IdlePriority.of(thread("node-quiet"))));
    }
  }

  /**
   * @param info what the node says of itself while it holds nothing
   * @param onReady called before it says that it is ready
   */
  ShardControl(Shard shard, NodeInfo info, Runnable onReady) {
    this(shard, info, onReady, Threads.start());
  }

  /** The same on threads that are given. */
  ShardControl(Shard shard, NodeInfo info, Runnable onReady, Threads threads) {
    this.control = threads.control();
    this.loader = threads.loader();
    this.quiet = threads.quiet();
    this.shard = shard;
    this.info = info;
    this.version = info.version();
    this.onReady = onReady;
    this.follower = new PlacementFollower(info.id(), info.model());
    this.report = new NodeReport(info, shard);
  }

  private static ThreadFactory thread(String name) {
    return Thread.ofPlatform().name(name).daemon().factory();
  }

  /** Announces the node and follows the grid's placement from now on. */
  void follow(Grid joined) {
    run(() -> {
      grid = joined;
      gridCost = joined.loadCost();
      joined.announce(info);
    });
    joined.onChange(next -> run(() -> viewed(next)));
    long every = joined.publishEvery().toMillis();
    control.scheduleWithFixedDelay(this::publish, every, every, TimeUnit.MILLISECONDS);
    SleepRules sleep = shard.loading().sleep();
    if (sleep.any()) {
      long look = sleep.every().toNanos();
      control.scheduleWithFixedDelay(() -> run(this::putToSleep), look, look, TimeUnit.NANOSECONDS);
    }
  }

  private void putToSleep() {
    HeldExperts held = Objects.requireNonNull(shard.held().get());
    int asleep = shard.loading().sleep().apply(held, shard.nanoTime().getAsLong());
    if (asleep > 0) {
      LOG.debug("{} experts were put to sleep", asleep);
    }
  }

  /** Where the grid adds up what loads take it. */
  LoadCost gridCost() {
    return gridCost;
  }

  CompletionStage<Void> ready() {
    return ready;
  }

  private void viewed(ClusterView next) {
    view = next;
    act(follower.viewed(next));
    lookForHandOver();
    String without = alone();
    if (!without.equals(toldAlone)) {
      toldAlone = without;
      if (!without.isEmpty()) {
        LOG.warn("this node waits{}", without);
      }
    }
  }

  /** That no router is of this node's version, if there are routers; for people. */
  String alone() {
    ClusterView now = view;
    return now.routers().isEmpty() && !now.others().routers().isEmpty()
        ? "; no router is of its version, %s; routers there: %s"
            .formatted(version, now.others().routersInWords())
        : "";
  }

  /** Whether somebody has said that the node is to be empty. */
  boolean drainedByMark() {
    return view.book().use(info.id()).filter(NodeBook.Use.DRAINED::equals).isPresent();
  }

  /**
   * Says that the node leaves soon, and changes nothing any more.
   *
   * @return done when others hold what it holds, or when there is nobody to take it
   */
  CompletionStage<HandOver> drain() {
    run(() -> {
      follower.drain();
      draining = true;
      announce(info.withState(NodeState.DRAINING));
      lookForHandOver();
    });
    return handedOver;
  }

  private void lookForHandOver() {
    if (!draining || handedOver.isDone()) {
      return;
    }
    HandOver now =
        HandOver.look(view, info, Objects.requireNonNull(shard.held().get()).byUnit().keySet());
    if (now == HandOver.DONE) {
      // Routers look away now; what is still under way is answered.
      announce(info.ready(info.heldEpoch(), List.of()).withState(NodeState.DRAINING));
    }
    if (now != HandOver.WAIT) {
      handedOver.complete(now);
    }
  }

  @Override
  public void close() {
    loader.shutdownNow();
    quiet.shutdownNow();
    run(() -> {
      if (grid != null) {
        // What was computed since: whoever leaves in good order leaves all of it behind.
        publish();
        grid.close();
      }
    });
    control.shutdown();
    try {
      if (!control.awaitTermination(2, TimeUnit.SECONDS)) {
        LOG.warn("the grid was not left in time");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run(Runnable body) {
    try {
      control.execute(() -> {
        try {
          body.run();
        } catch (RuntimeException e) {
          LOG.error("following the placement failed", e);
        }
      });
    } catch (RejectedExecutionException stopping) {
      LOG.debug("a change after the end was not looked at");
    }
  }

  private void act(List<Action> actions) {
    for (Action action : actions) {
      switch (action) {
        case Action.Load load -> begin(load);
        case Action.Announce announce -> announceReady(announce);
        case Action.Unload unload -> unload(unload.units());
      }
    }
  }

  private void begin(Action.Load load) {
    LoadWay way = LoadWay.of(view, ready.isDone(), load);
    (way == LoadWay.BESIDE ? quiet : loader)
        .execute(() ->
            shard
                .loading()
                .pace(way)
                .during(() -> {
                  load(load, way);
                  return way;
                }));
  }

  private void load(Action.Load load, LoadWay way) {
    long begun = System.nanoTime();
    try {
      shard.loader().expect(load.units(), load.added());
      var loaded = shard.loader().load(load.units(), load.added());
      long loadedAt = System.nanoTime();
      if (!ready.isDone() || load.adds()) {
        long budget = TimeUnit.MILLISECONDS.toNanos(shard.warmMillis());
        shard.loader().warm(loaded.values().stream().flatMap(List::stream).toList(), budget);
      }
      LOG.info(
          "loaded {} units of epoch {} ({}) in {} ms, warmed for {} ms; {} MB of weights read since the start, {} MB resident",
          load.units().size(),
          load.epoch(),
          way,
          (loadedAt - begun) / 1_000_000,
          (System.nanoTime() - loadedAt) / 1_000_000,
          shard.loader().bytesRead() / 1_000_000,
          ResidentMemory.bytes() / 1_000_000);
      run(() -> {
        failures = 0;
        ExpertUnits units = shard.loader().units(load.added());
        shard.held().updateAndGet(held -> held.serving(units).plus(loaded));
        act(follower.loaded(load.units()));
      });
    } catch (RuntimeException | OutOfMemoryError e) {
      LOG.error(
          "units {} of placement epoch {} cannot be loaded: {}",
          load.units(),
          load.epoch(),
          e.getMessage());
      // Without its first experts the node is of no use; with them it goes on, and tries again.
      if (!ready.isDone()) {
        ready.completeExceptionally(e);
      } else {
        run(this::loadAgain);
      }
    }
  }

  private void loadAgain() {
    long pause = LOAD_AGAIN.toMillis() << Math.min(failures++, MOST_DOUBLINGS);
    control.schedule(() -> run(() -> act(follower.failed())), pause, TimeUnit.MILLISECONDS);
  }

  private void announceReady(Action.Announce announce) {
    shard.held().updateAndGet(held -> held.at(announce.epoch()));
    if (!ready.isDone()) {
      onReady.run();
    }
    announce(info.ready(announce.epoch(), announce.units()));
    ready.complete(null);
  }

  private void announce(NodeInfo next) {
    info = next;
    if (grid != null) {
      grid.announce(next);
    }
    LOG.info(
        "node {}: {}, units {} of placement epoch {}",
        next.id(),
        next.state(),
        next.heldUnits(),
        next.heldEpoch());
  }

  private void unload(List<Integer> units) {
    HeldExperts before = shard.held().getAndUpdate(held -> held.minus(units));
    dropStates(
        units.stream()
            .flatMap(unit -> before.byUnit().getOrDefault(unit, List.of()).stream())
            .map(held -> new ExpertUnits.Member(held.layer(), held.index()))
            .toList());
  }

  private void dropStates(List<ExpertUnits.Member> experts) {
    boolean admitted = shard.loop().offer(() -> shard.states().dropExperts(experts));
    if (!admitted) {
      control.schedule(() -> dropStates(experts), ASK_AGAIN.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  private void publish() {
    if (grid != null) {
      report.publish(grid);
    }
  }
}
