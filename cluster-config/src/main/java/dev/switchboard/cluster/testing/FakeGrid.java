package dev.switchboard.cluster.testing;

import dev.switchboard.cluster.ClusterView;
import dev.switchboard.cluster.Decision;
import dev.switchboard.cluster.ExpertBook;
import dev.switchboard.cluster.ExpertUses;
import dev.switchboard.cluster.Grid;
import dev.switchboard.cluster.LoadBook;
import dev.switchboard.cluster.LoadCost;
import dev.switchboard.cluster.LoadTotals;
import dev.switchboard.cluster.NodeBook;
import dev.switchboard.cluster.NodeInfo;
import dev.switchboard.cluster.NodeLoad;
import dev.switchboard.cluster.Placement;
import dev.switchboard.cluster.PlacementKeeper;
import dev.switchboard.cluster.RouterInfo;
import dev.switchboard.cluster.RouterLoad;
import dev.switchboard.cluster.state.MemoryStates;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A grid of one process without a network: everything happens at once, on the calling thread. Tests
 * make nodes come and go with {@link #announce(NodeInfo)} and {@link #lose}, set a placement by
 * hand or let a keeper make it.
 */
public final class FakeGrid implements Grid {
  private static final long STATE_BYTES = 256 << 20;

  private final Map<String, NodeInfo> nodes = new TreeMap<>();
  private final List<RouterInfo> routers = new ArrayList<>();
  private final Map<String, NodeLoad> nodeLoads = new TreeMap<>();
  private final Map<String, RouterLoad> routerLoads = new TreeMap<>();
  private final Map<String, ExpertUses> uses = new TreeMap<>();
  private final Map<String, LoadTotals> left = new TreeMap<>();
  private final LoadCost cost = new LoadCost();
  private final List<Consumer<ClusterView>> listeners = new ArrayList<>();
  private final MemoryStates states =
      new MemoryStates(STATE_BYTES, Duration.ofHours(1), System::nanoTime);
  private Optional<Placement> placement = Optional.empty();
  private @Nullable PlacementKeeper keeper;
  private ExpertBook experts = ExpertBook.EMPTY;
  private NodeBook book = NodeBook.EMPTY;
  private ClusterView view = ClusterView.EMPTY;
  private long nowNanos;
  private boolean closed;

  @Override
  public synchronized ClusterView view() {
    return view;
  }

  @Override
  public synchronized void onChange(Consumer<ClusterView> listener) {
    listeners.add(listener);
    listener.accept(view);
  }

  @Override
  public synchronized void announce(NodeInfo node) {
    nodes.put(node.id(), node);
    changed();
  }

  @Override
  public synchronized void announce(RouterInfo router) {
    routers.removeIf(known -> known.id().equals(router.id()));
    routers.add(router);
    changed();
  }

  /** A node or router dies: it vanishes, and what it had counted is known. */
  public synchronized void lose(String id) {
    nodes.remove(id);
    uses.remove(id);
    NodeLoad ofNode = nodeLoads.remove(id);
    if (ofNode != null) {
      left.merge(ofNode.model(), ofNode.totals(), LoadTotals::plus);
    }
    routers.removeIf(known -> known.id().equals(id));
    RouterLoad ofRouter = routerLoads.remove(id);
    if (ofRouter != null) {
      left.merge(ofRouter.model(), ofRouter.totals(), LoadTotals::plus);
    }
    changed();
  }

  /** Puts a placement in force. */
  public synchronized void place(Placement next) {
    placement = Optional.of(next);
    changed();
  }

  /** Moves the clock that the keeper sees, and asks it. */
  public synchronized void advance(Duration time) {
    nowNanos += time.toNanos();
    changed();
  }

  @Override
  public synchronized void publishLoad(NodeLoad load) {
    nodeLoads.put(load.nodeId(), load);
  }

  @Override
  public synchronized void publishLoad(RouterLoad load) {
    routerLoads.put(load.routerId(), load);
  }

  @Override
  public synchronized void publishUses(ExpertUses experts) {
    uses.put(experts.nodeId(), experts);
  }

  @Override
  public Duration publishEvery() {
    return Duration.ofMillis(50);
  }

  @Override
  public synchronized LoadBook loads() {
    return new LoadBook(routerLoads, nodeLoads, uses, left);
  }

  @Override
  public LoadCost loadCost() {
    return cost;
  }

  @Override
  public synchronized void keepPlacement(PlacementKeeper placementKeeper) {
    keeper = placementKeeper;
    changed();
  }

  @Override
  public synchronized CompletionStage<ExpertBook> changeExperts(UnaryOperator<ExpertBook> change) {
    try {
      experts = change.apply(experts);
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
    changed();
    return CompletableFuture.completedFuture(experts);
  }

  @Override
  public synchronized CompletionStage<NodeBook> changeNodes(UnaryOperator<NodeBook> change) {
    try {
      book = change.apply(book);
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
    changed();
    return CompletableFuture.completedFuture(book);
  }

  @Override
  public MemoryStates states() {
    return states;
  }

  @Override
  public String gridAddress() {
    return "127.0.0.1:0";
  }

  @Override
  public synchronized void close() {
    closed = true;
  }

  /** Whether {@link #close} was called. */
  public synchronized boolean closed() {
    return closed;
  }

  private void changed() {
    view = snapshot();
    if (keeper != null) {
      Optional<Placement> next = keeper.decide(view, nowNanos);
      if (next.isPresent()) {
        Placement made = next.get();
        Decision decision =
            made.decision().made(made.epoch(), "fake", Instant.ofEpochMilli(nowNanos / 1_000_000));
        placement = Optional.of(made.because(decision));
        book = book.recording(decision);
        view = snapshot();
      }
    }
    ClusterView now = view;
    List.copyOf(listeners).forEach(listener -> listener.accept(now));
  }

  private ClusterView snapshot() {
    List<RouterInfo> marked = new ArrayList<>();
    for (RouterInfo router : routers) {
      marked.add(router.withLeader(marked.isEmpty()));
    }
    return new ClusterView(
        List.copyOf(nodes.values()), marked, placement, experts, book, view.version() + 1);
  }
}
