package dev.switchboard.cluster.hazelcast;

import com.hazelcast.core.HazelcastException;
import com.hazelcast.core.HazelcastInstanceNotActiveException;
import dev.switchboard.cluster.ClusterView;
import dev.switchboard.cluster.ExpertBook;
import dev.switchboard.cluster.LoadBook;
import dev.switchboard.cluster.LoadCost;
import dev.switchboard.cluster.NodeBook;
import dev.switchboard.cluster.PlacementKeeper;
import dev.switchboard.cluster.settings.GridSettings;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that owns the member, and brings the world to the wanted state again and again: be
 * linked, say what is wanted, show what others say, publish a placement if this is the leader.
 * Callers and events only leave a note and wake it, so nothing queues up; a call that fails is made
 * again in the next round.
 */
final class GridLoop implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(GridLoop.class);
  private static final long ROUTER_TICK_MILLIS = 100;
  private static final long NODE_TICK_MILLIS = 250;
  private static final Duration CLOSE = Duration.ofSeconds(8);

  private final List<Subscriber> subscribers = new CopyOnWriteArrayList<>();
  private final Semaphore signal = new Semaphore(0);
  private final Thread thread;
  private final Linker linker;
  private final Role role;
  private final long tickMillis;
  private final GridRounds rounds;
  private volatile boolean closing;

  GridLoop(GridSettings settings, Role role, Leaders leaders) {
    this.role = role;
    this.linker = new Linker(settings, role);
    long tick = role == Role.ROUTER ? ROUTER_TICK_MILLIS : NODE_TICK_MILLIS;
    this.tickMillis = Math.min(tick, settings.publishMillis());
    long publishNanos = Duration.ofMillis(settings.publishMillis()).toNanos();
    this.rounds =
        new GridRounds(
            role,
            publishNanos,
            GridRounds.Clock.SYSTEM,
            new GridRounds.Leading(leaders, new LeaderPause(settings.heartbeatTimeout())),
            new RoundsOwner());
    this.thread = Thread.ofPlatform().name("switchboard-grid").daemon().unstarted(this::run);
  }

  /** This loop, as its rounds see it. */
  private final class RoundsOwner implements GridRounds.Owner {
    @Override
    public void show(ClusterView view) {
      subscribers.forEach(subscriber -> subscriber.show(view));
    }

    @Override
    public void follow(List<Peer> peers) {
      linker.remember(peers);
    }

    @Override
    public void wake() {
      GridLoop.this.wake();
    }
  }

  /**
   * A router is in the grid afterwards, a node looks for one in the background.
   *
   * @throws GridException if the grid's address cannot be listened on
   */
  void start() {
    if (role == Role.ROUTER) {
      begin(linker.openRouter());
    } else {
      linker.requireFreePort();
    }
    thread.start();
  }

  ClusterView view() {
    return rounds.view();
  }

  Wanted wanted() {
    return rounds.wanted();
  }

  /** What is known of all loads; for any thread. */
  LoadBook book() {
    return rounds.book();
  }

  LoadCost cost() {
    return rounds.cost();
  }

  /** The present link, up or down; for any thread. */
  @Nullable Link link() {
    return linker.link();
  }

  String address() {
    return linker.address();
  }

  void subscribe(Consumer<ClusterView> listener) {
    subscribers.add(new Subscriber(listener));
    wake();
  }

  void keeper(PlacementKeeper placementKeeper) {
    rounds.keeper(placementKeeper);
    wake();
  }

  CompletionStage<ExpertBook> changeExperts(UnaryOperator<ExpertBook> change) {
    CompletionStage<ExpertBook> made = rounds.expertChanges().wish(change, System.nanoTime());
    wake();
    return made;
  }

  CompletionStage<NodeBook> changeNodes(UnaryOperator<NodeBook> change) {
    CompletionStage<NodeBook> made = rounds.nodeChanges().wish(change, System.nanoTime());
    wake();
    return made;
  }

  void wake() {
    signal.release();
  }

  /** Leaves, and waits for that for some seconds at the most. */
  @Override
  public void close() {
    closing = true;
    wake();
    try {
      if (!thread.join(CLOSE)) {
        log.warn("the grid has not left within {} s; going on without it", CLOSE.toSeconds());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    while (!closing) {
      long pauseMillis = tickMillis;
      try {
        pauseMillis = round();
      } catch (HazelcastInstanceNotActiveException e) {
        log.info("the grid member has stopped: {}", e.getMessage());
      } catch (HazelcastException | TimeoutException e) {
        log.debug("a grid call failed and is made again", e);
      } catch (GridException e) {
        log.warn("{}; trying again", e.getMessage());
      } catch (RuntimeException e) {
        log.warn("the grid goes on after an error", e);
      }
      pause(pauseMillis);
    }
    leave();
  }

  private void pause(long millis) {
    try {
      if (signal.tryAcquire(millis, TimeUnit.MILLISECONDS)) {
        signal.drainPermits();
      }
    } catch (InterruptedException e) {
      closing = true;
    }
  }

  /** Brings everything up to date; returns the milliseconds until the next look. */
  private long round() throws TimeoutException {
    rounds.expire();
    Link before = linker.link();
    Link link = linker.ensure();
    if (link == null) {
      subscribers.forEach(subscriber -> subscriber.show(rounds.view()));
      return linker.backoffMillis();
    }
    if (link != before) {
      begin(link);
    }
    rounds.round(link);
    return tickMillis;
  }

  private void begin(Link link) {
    rounds.startOver();
    link.listen(
        rounds.members(), role == Role.ROUTER ? rounds.loads() : null, rounds.cost(), this::wake);
    log.info("in the grid at {} with {} others", link.address(), link.peers().size() - 1);
  }

  private void leave() {
    Link link = linker.link();
    if (link != null && link.running()) {
      try {
        rounds.wanted().takeBack(link);
      } catch (HazelcastException | TimeoutException | IllegalStateException e) {
        log.debug("left without taking back what was announced", e);
      }
    }
    linker.close();
    rounds.giveUp();
  }

  /** A listener and the version that it has seen; both belong to the loop's thread. */
  private static final class Subscriber {
    private final Consumer<ClusterView> listener;
    private long seenVersion = -1;

    Subscriber(Consumer<ClusterView> listener) {
      this.listener = listener;
    }

    void show(ClusterView view) {
      if (seenVersion == view.version()) {
        return;
      }
      seenVersion = view.version();
      try {
        listener.accept(view);
      } catch (RuntimeException e) {
        log.warn("a listener of the cluster view failed", e);
      }
    }
  }
}
