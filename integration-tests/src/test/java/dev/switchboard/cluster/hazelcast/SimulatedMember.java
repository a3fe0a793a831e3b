package dev.switchboard.cluster.hazelcast;

import dev.switchboard.cluster.ClusterView;
import dev.switchboard.cluster.ExpertBook;
import dev.switchboard.cluster.ExpertUses;
import dev.switchboard.cluster.Grid;
import dev.switchboard.cluster.LoadBook;
import dev.switchboard.cluster.LoadCost;
import dev.switchboard.cluster.NodeBook;
import dev.switchboard.cluster.NodeInfo;
import dev.switchboard.cluster.NodeLoad;
import dev.switchboard.cluster.PlacementKeeper;
import dev.switchboard.cluster.RouterInfo;
import dev.switchboard.cluster.RouterLoad;
import dev.switchboard.cluster.ServedVersion;
import dev.switchboard.cluster.state.StateMap;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A simulated process in a simulated grid: production's rounds, run now and then. */
public final class SimulatedMember implements Grid {
  private static final long MILLI = 1_000_000;
  private static final long ROUND_NANOS = MILLI;
  private static final long PUBLISH_NANOS = 500 * MILLI;

  private final SimulatedGrids grids;
  private final String name;
  private final Role role;
  private final ScheduledExecutorService thread;
  private final GridRounds rounds;
  private final SimulatedJoin join;
  private final List<Listener> listeners = new ArrayList<>();
  private final Map<String, Long> heardUntil = new HashMap<>();
  private final LongSupplier nanos;
  private @Nullable GridHalf half;
  private String uuid = "";
  private int side;
  private boolean due;
  private boolean inRound;
  private boolean closed;

  /** As production's: never shown a view twice. */
  private static final class Listener {
    private final Consumer<ClusterView> consumer;
    private long seen = -1;

    Listener(Consumer<ClusterView> consumer) {
      this.consumer = consumer;
    }

    void show(ClusterView view) {
      if (seen != view.version()) {
        seen = view.version();
        consumer.accept(view);
      }
    }
  }

  /** The member as its rounds see their owner. */
  private final class Owner implements GridRounds.Owner {
    @Override
    public void show(ClusterView view) {
      List.copyOf(listeners).forEach(listener -> listener.show(view));
    }

    @Override
    public void follow(List<Peer> peers) {
      // Where routers were is known here: the grids are asked.
    }

    @Override
    public void wake() {
      SimulatedMember.this.wake();
    }
  }

  /**
   * @param thread of its process: the grid's
   */
  public SimulatedMember(
      SimulatedGrids grids,
      String name,
      Role role,
      ScheduledExecutorService thread,
      LongSupplier nanos,
      LongSupplier wallMillis) {
    this.grids = grids;
    this.name = name;
    this.role = role;
    this.thread = thread;
    this.nanos = nanos;
    this.rounds =
        new GridRounds(role, PUBLISH_NANOS, new GridRounds.Clock(nanos, wallMillis), new Owner());
    this.join = new SimulatedJoin(grids, this);
    long tick = role == Role.ROUTER ? 250 : 1000;
    thread.scheduleWithFixedDelay(this::wake, 0, tick, TimeUnit.MILLISECONDS);
  }

  String name() {
    return name;
  }

  Role role() {
    return role;
  }

  /** Whether the other keeps data, and nothing is between the two. */
  boolean reaches(SimulatedMember other) {
    return other.role == Role.ROUTER && other.side == side;
  }

  String uuid() {
    return uuid;
  }

  @Nullable GridHalf half() {
    return half;
  }

  int side() {
    return side;
  }

  /** On which side of a cut the process is. */
  public void side(int next) {
    side = next;
  }

  /** Whether it is in a grid. */
  public boolean joined() {
    return half != null;
  }

  /** Whether it is in the same grid as another. */
  public boolean with(SimulatedMember other) {
    return half != null && half == other.half;
  }

  /** It finds itself elsewhere, or nowhere: as far as it knows it is the member that it was. */
  void goesWith(@Nullable GridHalf next) {
    half = next;
    wake();
  }

  /** Its cluster has become a part of another: it is a new member there. */
  void mergesInto(GridHalf other) {
    half = other;
    uuid = grids.nextUuid();
    join.merged();
    other.enter(this);
  }

  void sawLeave(String other) {
    join.departed(other);
    wake();
  }

  /** An event is on its way to it; those of a key come in order. */
  void hears(GridHalf from, boolean ofMembers, String key, byte @Nullable [] value) {
    if (!ofMembers && role != Role.ROUTER) {
      return;
    }
    Mirror mirror = ofMembers ? rounds.members() : rounds.loads();
    long now = nanos.getAsLong();
    long before = heardUntil.getOrDefault(key, now) - now;
    long delay = Math.max(before + 1, grids.around().between(MILLI / 10, 5 * MILLI));
    heardUntil.put(key, now + delay);
    thread.schedule(() -> heard(from, mirror, key, value), delay, TimeUnit.NANOSECONDS);
  }

  private void heard(GridHalf from, Mirror mirror, String key, byte @Nullable [] value) {
    if (half != from) {
      return;
    }
    if (value == null) {
      mirror.remove(key);
    } else {
      mirror.put(key, value);
    }
    if (mirror == rounds.members()) {
      wake();
    }
  }

  void wake() {
    if (!due && !closed) {
      due = true;
      thread.schedule(this::round, ROUND_NANOS, TimeUnit.NANOSECONDS);
    }
  }

  private void round() {
    due = false;
    if (closed || inRound) {
      return;
    }
    inRound = true;
    try {
      rounds.expire();
      if (linked()) {
        rounds.round(join);
      }
    } catch (TimeoutException | SimulatedJoin.Unreachable e) {
      grids.around().note(name + ": " + e.getMessage());
    } finally {
      inRound = false;
    }
  }

  /** As production's linker: a node that sees no router looks for one. */
  private boolean linked() {
    if (half != null && (role == Role.ROUTER || half.hasData())) {
      return true;
    }
    half = null;
    GridHalf found = grids.find(this).orElse(null);
    if (found == null) {
      return false;
    }
    half = found;
    uuid = grids.nextUuid();
    join.begins();
    rounds.startOver();
    found.enter(this);
    return true;
  }

  @Override
  public ClusterView view() {
    return rounds.view();
  }

  @Override
  public void onChange(Consumer<ClusterView> listener) {
    listeners.add(new Listener(listener));
    wake();
  }

  @Override
  public void announce(NodeInfo node) {
    rounds.wanted().node(node);
    wake();
  }

  @Override
  public void announce(RouterInfo router) {
    rounds.wanted().router(router);
    wake();
  }

  @Override
  public void publishLoad(NodeLoad load) {
    rounds.wanted().nodeLoad(load);
  }

  @Override
  public void publishLoad(RouterLoad load) {
    rounds.wanted().routerLoad(load);
  }

  @Override
  public void serve(ServedVersion version) {
    rounds.wanted().version(version);
    wake();
  }

  @Override
  public void publishUses(ExpertUses uses) {
    rounds.wanted().uses(uses);
  }

  @Override
  public Duration publishEvery() {
    return Duration.ofNanos(PUBLISH_NANOS);
  }

  @Override
  public LoadBook loads() {
    return rounds.book();
  }

  @Override
  public LoadCost loadCost() {
    return rounds.cost();
  }

  @Override
  public void keepPlacement(PlacementKeeper keeper) {
    rounds.keeper(keeper);
    wake();
  }

  @Override
  public CompletionStage<ExpertBook> changeExperts(UnaryOperator<ExpertBook> change) {
    CompletionStage<ExpertBook> made = rounds.expertChanges().wish(change, nanos.getAsLong());
    wake();
    return made;
  }

  @Override
  public CompletionStage<NodeBook> changeNodes(UnaryOperator<NodeBook> change) {
    CompletionStage<NodeBook> made = rounds.nodeChanges().wish(change, nanos.getAsLong());
    wake();
    return made;
  }

  @Override
  public StateMap states() {
    throw new UnsupportedOperationException("sessions are not simulated");
  }

  @Override
  public String gridAddress() {
    return uuid;
  }

  /** Leaves in good order. */
  @Override
  public void close() {
    closed = true;
    GridHalf from = half;
    if (from != null) {
      try {
        rounds.wanted().takeBack(join);
      } catch (TimeoutException | SimulatedJoin.Unreachable e) {
        grids.around().note(name + " left without a word: " + e.getMessage());
        join.leftUnsaid();
      }
      from.depart(this);
      half = null;
      grids.tidy();
    }
    rounds.giveUp();
  }

  /** Whether it left, and the grid had all that it wanted to leave behind. */
  public boolean leftInOrder() {
    return closed && !join.unsaid();
  }
}
