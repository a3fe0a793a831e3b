package dev.switchboard.cluster.hazelcast;

import com.hazelcast.core.HazelcastException;
import com.hazelcast.core.HazelcastInstanceNotActiveException;
import dev.switchboard.cluster.ClusterView;
import dev.switchboard.cluster.Decision;
import dev.switchboard.cluster.ExpertBook;
import dev.switchboard.cluster.NodeBook;
import dev.switchboard.cluster.Placement;
import dev.switchboard.cluster.PlacementKeeper;
import dev.switchboard.cluster.RouterInfo;
import dev.switchboard.cluster.settings.GridSettings;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
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
  private static final Duration REREAD = Duration.ofSeconds(10);
  private static final Duration CLOSE = Duration.ofSeconds(8);

  private final Wanted wanted = new Wanted();
  private final Mirror members = new Mirror();
  private final Mirror loads = new Mirror();
  private final List<Subscriber> subscribers = new CopyOnWriteArrayList<>();
  private final Semaphore signal = new Semaphore(0);
  private final Thread thread;
  private final Linker linker;
  private final Role role;
  private final long publishNanos;
  private final long tickMillis;

  private volatile ClusterView view = ClusterView.EMPTY;
  private volatile List<Peer> peers = List.of();
  private volatile @Nullable PlacementKeeper keeper;
  private final Changes<ExpertBook> expertChanges =
      new Changes<>(Keys.EXPERTS, ExpertBook.EMPTY, ExpertBook::epoch);
  private final Changes<NodeBook> nodeChanges =
      new Changes<>(Keys.NODES, NodeBook.EMPTY, NodeBook::epoch);
  private volatile boolean closing;

  private boolean mirrorsComplete;
  private long rereadAtNanos;
  private long publishAtNanos = System.nanoTime();

  GridLoop(GridSettings settings, Role role) {
    this.role = role;
    this.linker = new Linker(settings, role);
    long tick = role == Role.ROUTER ? ROUTER_TICK_MILLIS : NODE_TICK_MILLIS;
    this.tickMillis = Math.min(tick, settings.publishMillis());
    this.publishNanos = Duration.ofMillis(settings.publishMillis()).toNanos();
    this.thread = Thread.ofPlatform().name("switchboard-grid").daemon().unstarted(this::run);
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
    return view;
  }

  Wanted wanted() {
    return wanted;
  }

  Mirror loads() {
    return loads;
  }

  List<Peer> peers() {
    return peers;
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
    keeper = placementKeeper;
    wake();
  }

  CompletionStage<ExpertBook> changeExperts(UnaryOperator<ExpertBook> change) {
    CompletionStage<ExpertBook> made = expertChanges.wish(change, System.nanoTime());
    wake();
    return made;
  }

  CompletionStage<NodeBook> changeNodes(UnaryOperator<NodeBook> change) {
    CompletionStage<NodeBook> made = nodeChanges.wish(change, System.nanoTime());
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
    expertChanges.expire(System.nanoTime());
    nodeChanges.expire(System.nanoTime());
    Link before = linker.link();
    Link link = linker.ensure();
    if (link == null) {
      tellSubscribers();
      return linker.backoffMillis();
    }
    if (link != before) {
      begin(link);
    } else if (link.takeMerged()) {
      startOver();
    }
    followMembership(link);
    showView();
    wanted.sayAnnouncements(link, members);
    reread(link);
    showView();
    makeChanges(link);
    keepPlacement(link);
    sayLoads(link);
    removeDeparted(link);
    return tickMillis;
  }

  private void makeChanges(Link link) {
    try {
      expertChanges.make(link, members);
      nodeChanges.make(link, members);
      showView();
    } finally {
      expertChanges.tell();
      nodeChanges.tell();
    }
  }

  private void begin(Link link) {
    startOver();
    link.listen(members, role == Role.ROUTER ? loads : null, this::wake);
    log.info("in the grid at {} with {} others", link.address(), link.peers().size() - 1);
  }

  /**
   * Another cluster, or the same with its data lost: say everything again, believe nothing that was
   * read.
   */
  private void startOver() {
    members.clear();
    loads.clear();
    wanted.forgetSaid();
    mirrorsComplete = false;
  }

  private void followMembership(Link link) {
    List<Peer> now = link.peers();
    if (now.equals(peers)) {
      return;
    }
    boolean dataLeft = peers.stream().filter(Peer::data).anyMatch(peer -> !now.contains(peer));
    if (dataLeft) {
      wanted.forgetSaid();
      rereadAtNanos = System.nanoTime();
    }
    peers = now;
    linker.remember(now);
  }

  private void reread(Link link) {
    if (mirrorsComplete && System.nanoTime() - rereadAtNanos < 0) {
      return;
    }
    link.readMembers(peers).forEach(members::put);
    if (role == Role.ROUTER) {
      link.readLoads().forEach(entry -> loads.put(entry.getKey(), entry.getValue()));
    }
    mirrorsComplete = true;
    rereadAtNanos = System.nanoTime() + REREAD.toNanos();
  }

  private void showView() {
    if (mirrorsComplete) {
      ClusterView next = Snapshots.view(members, peers, view.version() + 1);
      if (!next.sameAs(view)) {
        view = next;
      }
    }
    tellSubscribers();
  }

  private void tellSubscribers() {
    subscribers.forEach(subscriber -> subscriber.show(view));
  }

  private void keepPlacement(Link link) {
    PlacementKeeper present = keeper;
    if (present == null || !leads(link)) {
      return;
    }
    record(view.placement().map(Placement::decision));
    Optional<Placement> next = present.decide(view, System.nanoTime()).map(this::signed);
    if (next.isEmpty()) {
      return;
    }
    byte[] bytes = GridCodec.encode(next.get().epoch(), next.get());
    if (link.swap(Keys.PLACEMENT, members.bytes(Keys.PLACEMENT), bytes)) {
      members.put(Keys.PLACEMENT, bytes);
      showView();
      record(next.map(Placement::decision));
    } else {
      log.info("another router was quicker with a placement; reading it");
      members.remove(Keys.PLACEMENT);
      mirrorsComplete = false;
    }
  }

  private Placement signed(Placement made) {
    RouterInfo own = wanted.router();
    String by = own == null ? "" : own.id();
    return made.because(made.decision().made(made.epoch(), by, Instant.now()));
  }

  /**
   * Keeps a decision with those before it. It came with its placement: whoever leads next records
   * what the one before could not.
   */
  private void record(Optional<Decision> decision) {
    if (decision.isPresent() && decision.get().epoch() > 0 && !view.book().knows(decision.get())) {
      nodeChanges.wish(book -> book.recording(decision.get()), System.nanoTime());
      wake();
    }
  }

  private boolean leads(Link link) {
    return peers.stream()
        .filter(Peer::data)
        .findFirst()
        .map(oldest -> oldest.uuid().equals(link.uuid()))
        .orElse(false);
  }

  private void sayLoads(Link link) throws TimeoutException {
    long now = System.nanoTime();
    if (now - publishAtNanos >= 0) {
      wanted.sayLoads(link);
      publishAtNanos = now + publishNanos;
    }
  }

  private void removeDeparted(Link link) throws TimeoutException {
    for (String uuid = link.takeDeparted(); uuid != null; uuid = link.takeDeparted()) {
      members.remove(Keys.node(uuid));
      members.remove(Keys.router(uuid));
      if (role == Role.ROUTER) {
        link.remove(Keys.node(uuid));
        link.remove(Keys.router(uuid));
      }
    }
  }

  private void leave() {
    Link link = linker.link();
    if (link != null && link.running()) {
      try {
        wanted.takeBack(link);
      } catch (HazelcastException | TimeoutException | IllegalStateException e) {
        log.debug("left without taking back what was announced", e);
      }
    }
    linker.close();
    expertChanges.giveUp();
    nodeChanges.giveUp();
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
