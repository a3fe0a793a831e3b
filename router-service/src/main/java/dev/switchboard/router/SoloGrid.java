package dev.switchboard.router;

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
import dev.switchboard.cluster.settings.GridSettings;
import dev.switchboard.cluster.settings.StateSettings;
import dev.switchboard.cluster.state.MemoryStates;
import dev.switchboard.cluster.state.StateMap;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * The grid of a router that runs its experts itself and was told of nobody to join: there is nobody
 * else, nothing listens, and the second that a real grid takes to start is saved.
 */
public final class SoloGrid implements Grid {
  private final MemoryStates states;
  private final Duration publishEvery;
  private final LoadCost cost = new LoadCost();
  private final List<Consumer<ClusterView>> listeners = new CopyOnWriteArrayList<>();
  private volatile ClusterView view = ClusterView.EMPTY;
  private volatile LoadBook loads = LoadBook.EMPTY;

  /** Sessions live in this process, by the usual limits. */
  public SoloGrid() {
    this(GridSettings.defaults());
  }

  /** Sessions live in this process. */
  public SoloGrid(GridSettings settings) {
    StateSettings limits = settings.state();
    this.publishEvery = Duration.ofMillis(settings.publishMillis());
    this.states = new MemoryStates(limits.stateBytes(), limits.stateTtl(), System::nanoTime);
  }

  @Override
  public ClusterView view() {
    return view;
  }

  @Override
  public void onChange(Consumer<ClusterView> listener) {
    listeners.add(listener);
    listener.accept(view);
  }

  @Override
  public void announce(NodeInfo node) {
    throw new IllegalStateException("node " + node.id() + " in a grid without others");
  }

  @Override
  public synchronized void announce(RouterInfo router) {
    view =
        new ClusterView(
            List.of(),
            List.of(router.withLeader(true)),
            Optional.empty(),
            view.experts(),
            view.version() + 1);
  }

  @Override
  public void publishLoad(NodeLoad load) {
    throw new IllegalStateException("load of node " + load.nodeId() + " in a grid without others");
  }

  @Override
  public void publishLoad(RouterLoad load) {
    loads = LoadBook.EMPTY.with(load);
  }

  @Override
  public void publishUses(ExpertUses uses) {
    throw new IllegalStateException("load of node " + uses.nodeId() + " in a grid without others");
  }

  @Override
  public Duration publishEvery() {
    return publishEvery;
  }

  @Override
  public LoadBook loads() {
    return loads;
  }

  @Override
  public LoadCost loadCost() {
    return cost;
  }

  @Override
  public void keepPlacement(PlacementKeeper keeper) {
    // There is nothing to place.
  }

  @Override
  public CompletionStage<ExpertBook> changeExperts(UnaryOperator<ExpertBook> change) {
    ClusterView next;
    synchronized (this) {
      ExpertBook changed;
      try {
        changed = change.apply(view.experts());
      } catch (RuntimeException e) {
        return CompletableFuture.failedFuture(e);
      }
      next =
          new ClusterView(List.of(), view.routers(), Optional.empty(), changed, view.version() + 1);
      view = next;
    }
    listeners.forEach(listener -> listener.accept(next));
    return CompletableFuture.completedFuture(next.experts());
  }

  @Override
  public CompletionStage<NodeBook> changeNodes(UnaryOperator<NodeBook> change) {
    // There are no nodes, and nothing is placed.
    return CompletableFuture.completedFuture(NodeBook.EMPTY);
  }

  @Override
  public StateMap states() {
    return states;
  }

  @Override
  public String gridAddress() {
    return "";
  }

  @Override
  public void close() {
    // Nothing was opened.
  }
}
