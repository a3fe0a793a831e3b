package dev.switchboard.cluster.hazelcast;

import dev.switchboard.cluster.ClusterView;
import dev.switchboard.cluster.Decision;
import dev.switchboard.cluster.ExpertBook;
import dev.switchboard.cluster.LoadBook;
import dev.switchboard.cluster.LoadCost;
import dev.switchboard.cluster.NodeBook;
import dev.switchboard.cluster.Placement;
import dev.switchboard.cluster.PlacementKeeper;
import dev.switchboard.cluster.RouterInfo;
import dev.switchboard.cluster.ServedVersion;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a process does with the grid that it is in, as a state machine: a round brings everything up
 * to date, says what is wanted, shows what others say, and publishes a placement if this is the
 * leader. A call of the grid that fails ends the round; the next one makes it again. Belongs to the
 * thread that runs the rounds, but for what says otherwise.
 */
final class GridRounds {
  private static final Logger log = LoggerFactory.getLogger(GridRounds.class);
  private static final Duration REREAD = Duration.ofSeconds(10);

  /** The setting's default. */
  private static final Duration HEARTBEAT = Duration.ofSeconds(10);

  private final Role role;
  private final long publishNanos;
  private final Owner owner;
  private final Clock clock;
  private final Leading leading;
  private final Wanted wanted;
  private final Mirror members = new Mirror();
  private final Mirror loads = new Mirror();
  private final Changes<ExpertBook> expertChanges =
      new Changes<>(() -> Keys.experts(own()), ExpertBook.EMPTY, ExpertBook::epoch);
  private final Changes<NodeBook> nodeChanges =
      new Changes<>(() -> Keys.nodes(own()), NodeBook.EMPTY, NodeBook::epoch);
  private volatile ClusterView view = ClusterView.EMPTY;
  private volatile List<Peer> peers = List.of();
  private volatile @Nullable PlacementKeeper keeper;
  private final LoadCost cost = new LoadCost();
  private final Departed departed = new Departed(members, loads);
  private ServedVersion seenAs = ServedVersion.UNSAID;
  private boolean mirrorsComplete;
  private long rereadAtNanos;
  private long publishAtNanos;

  /** Whose rounds these are. */
  interface Owner {
    /** The view may have changed. */
    void show(ClusterView view);

    /** The members are others now. */
    void follow(List<Peer> peers);

    /** There is something to do: another round soon. Any thread. */
    void wake();
  }

  /**
   * The time.
   *
   * @param nanos that only grow
   * @param wallMillis since 1970, as far as this host knows
   */
  record Clock(LongSupplier nanos, LongSupplier wallMillis) {
    static final Clock SYSTEM = new Clock(System::nanoTime, System::currentTimeMillis);
  }

  /**
   * Who decides.
   *
   * @param pause keeps this process from it where it stood still
   */
  record Leading(Leaders leaders, LeaderPause pause) {
    /** The oldest router of each version. */
    static Leading oldest() {
      return new Leading(Leaders::oldest, new LeaderPause(HEARTBEAT));
    }
  }

  /** The oldest router of each version leads. */
  GridRounds(Role role, long publishNanos, Clock clock, Owner owner) {
    this(role, publishNanos, clock, Leading.oldest(), owner);
  }

  /**
   * @param publishNanos between two publications of loads
   */
  GridRounds(Role role, long publishNanos, Clock clock, Leading leading, Owner owner) {
    this.role = role;
    this.leading = leading;
    this.publishNanos = publishNanos;
    this.clock = clock;
    this.owner = owner;
    this.wanted = new Wanted(clock.wallMillis());
    this.publishAtNanos = now();
  }

  private long now() {
    return clock.nanos().getAsLong();
  }

  private ServedVersion own() {
    return wanted.version();
  }

  private Snapshots snapshots() {
    return new Snapshots(members, peers, own(), wanted.speaks());
  }

  /** The latest snapshot; any thread. */
  ClusterView view() {
    return view;
  }

  /** Any thread. */
  Wanted wanted() {
    return wanted;
  }

  /** Filled by what the grid tells, on its threads. */
  Mirror members() {
    return members;
  }

  /** As {@link #members}; of routers alone. */
  Mirror loads() {
    return loads;
  }

  /** What is known of all loads; any thread. */
  LoadBook book() {
    return Snapshots.book(loads, peers, wanted);
  }

  /** What that takes; any thread. */
  LoadCost cost() {
    return cost;
  }

  /** Any thread. */
  void keeper(PlacementKeeper placementKeeper) {
    keeper = placementKeeper;
  }

  /** Any thread. */
  Changes<ExpertBook> expertChanges() {
    return expertChanges;
  }

  /** Any thread. */
  Changes<NodeBook> nodeChanges() {
    return nodeChanges;
  }

  /** Changes that have waited too long fail. */
  void expire() {
    expertChanges.expire(now());
    nodeChanges.expire(now());
  }

  /** The grid has been left. */
  void giveUp() {
    expertChanges.giveUp();
    nodeChanges.giveUp();
  }

  /**
   * Another cluster, or the same with its data lost: say everything again, believe nothing that was
   * read.
   */
  void startOver() {
    members.clear();
    loads.clear();
    wanted.forgetSaid();
    mirrorsComplete = false;
  }

  /** Brings everything up to date. */
  void round(Joined grid) throws TimeoutException {
    if (grid.takeMerged()) {
      leading.pause().merged();
      startOver();
    }
    if (role == Role.ROUTER) {
      leading.pause().awake(now());
    }
    followMembership(grid);
    followVersion();
    showView();
    wanted.sayAnnouncements(grid, members);
    reread(grid);
    showView();
    makeChanges(grid);
    keepPlacement(grid);
    sayLoads(grid);
    followDeparted(grid);
  }

  private void makeChanges(Joined grid) {
    try {
      expertChanges.make(grid, members);
      nodeChanges.make(grid, members);
      showView();
    } finally {
      expertChanges.tell();
      nodeChanges.tell();
    }
  }

  private void followMembership(Joined grid) {
    List<Peer> now = grid.peers();
    if (now.equals(peers)) {
      return;
    }
    boolean dataLeft = peers.stream().filter(Peer::data).anyMatch(peer -> !now.contains(peer));
    if (dataLeft) {
      wanted.forgetSaid();
      rereadAtNanos = now();
    }
    peers = now;
    owner.follow(now);
  }

  /** What this version shares is known from now on. */
  private void followVersion() {
    if (!own().equals(seenAs)) {
      seenAs = own();
      rereadAtNanos = now();
    }
  }

  private void reread(Joined grid) {
    if (mirrorsComplete && now() - rereadAtNanos < 0) {
      return;
    }
    grid.readMembers(peers, own()).forEach(members::put);
    if (role == Role.ROUTER) {
      grid.readLoads().forEach(entry -> loads.put(entry.getKey(), entry.getValue()));
    }
    mirrorsComplete = true;
    rereadAtNanos = now() + REREAD.toNanos();
  }

  private void showView() {
    if (mirrorsComplete) {
      ClusterView next = snapshots().view(leading.leaders(), view.version() + 1);
      if (!next.sameAs(view)) {
        view = next;
      }
    }
    owner.show(view);
  }

  private void keepPlacement(Joined grid) {
    PlacementKeeper present = keeper;
    if (present == null || !leads(grid) || leading.pause().rests(now())) {
      return;
    }
    record(view.placement().map(Placement::decision));
    Optional<Placement> next = present.decide(view, now()).map(this::signed);
    if (next.isEmpty()) {
      return;
    }
    byte[] bytes = GridCodec.encode(next.get().epoch(), next.get());
    String key = Keys.placement(own());
    if (grid.swap(key, members.bytes(key), bytes)) {
      members.put(key, bytes);
      showView();
      record(next.map(Placement::decision));
    } else {
      log.info("another router was quicker with a placement; reading it");
      members.remove(key);
      mirrorsComplete = false;
    }
  }

  private Placement signed(Placement made) {
    RouterInfo own = wanted.router();
    String by = own == null ? "" : own.id();
    Instant when = Instant.ofEpochMilli(clock.wallMillis().getAsLong());
    return made.because(made.decision().made(made.epoch(), by, when));
  }

  /**
   * Keeps a decision with those before it. It came with its placement: whoever leads next records
   * what the one before could not.
   */
  private void record(Optional<Decision> decision) {
    if (decision.isPresent() && decision.get().epoch() > 0 && !view.book().knows(decision.get())) {
      nodeChanges.wish(book -> book.recording(decision.get()), now());
      owner.wake();
    }
  }

  private boolean leads(Joined grid) {
    RouterInfo router = wanted.router();
    return router != null
        && peers.stream()
            .filter(peer -> peer.uuid().equals(grid.uuid()))
            .anyMatch(peer -> leading.leaders().leads(peer, router, members, peers));
  }

  /** Of whichever version: what all share is looked after by one. */
  private boolean eldest(Joined grid) {
    return peers.stream()
        .filter(Peer::data)
        .findFirst()
        .map(oldest -> oldest.uuid().equals(grid.uuid()))
        .orElse(false);
  }

  private void sayLoads(Joined grid) throws TimeoutException {
    long now = now();
    if (now - publishAtNanos >= 0) {
      long begun = cost.begin();
      try {
        wanted.sayLoads(grid);
      } finally {
        cost.end(begun);
      }
      publishAtNanos = now + publishNanos;
    }
  }

  private void followDeparted(Joined grid) throws TimeoutException {
    if (role != Role.ROUTER) {
      departed.forgetAll(grid);
      return;
    }
    departed.follow(grid, snapshots());
    if (mirrorsComplete && eldest(grid)) {
      departed.sweep(grid, peers, this::book, now());
    }
  }
}
