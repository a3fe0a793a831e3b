package dev.switchboard.cluster.hazelcast;

import dev.switchboard.cluster.ClusterView;
import dev.switchboard.cluster.ExpertBook;
import dev.switchboard.cluster.Grid;
import dev.switchboard.cluster.NodeBook;
import dev.switchboard.cluster.NodeInfo;
import dev.switchboard.cluster.NodeLoad;
import dev.switchboard.cluster.PlacementKeeper;
import dev.switchboard.cluster.RouterInfo;
import dev.switchboard.cluster.RouterLoad;
import dev.switchboard.cluster.settings.GridSettings;
import dev.switchboard.cluster.state.StateMap;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * The grid over an embedded Hazelcast member. Callers leave what they want said and read the last
 * snapshot; {@link GridLoop} does the rest on its own thread.
 */
public final class HazelcastGrid implements Grid {
  private final GridLoop loop;

  private final HazelcastStates states;

  private HazelcastGrid(GridLoop loop, GridSettings settings) {
    this.loop = loop;
    this.states = new HazelcastStates(loop::link, settings.state().stateTtl());
  }

  /**
   * Joins the grid. A router is in it when this returns, alone if it found nobody; a node returns
   * at once and joins as soon as a router answers at one of its addresses.
   *
   * @throws GridException if the grid's address cannot be listened on
   */
  public static HazelcastGrid join(GridSettings settings, Role role) {
    GridLoop loop = new GridLoop(settings, role);
    loop.start();
    return new HazelcastGrid(loop, settings);
  }

  @Override
  public ClusterView view() {
    return loop.view();
  }

  @Override
  public void onChange(Consumer<ClusterView> listener) {
    loop.subscribe(listener);
  }

  @Override
  public void announce(NodeInfo node) {
    loop.wanted().node(node);
    loop.wake();
  }

  @Override
  public void announce(RouterInfo router) {
    loop.wanted().router(router);
    loop.wake();
  }

  @Override
  public void publishLoad(NodeLoad load) {
    loop.wanted().nodeLoad(load);
  }

  @Override
  public void publishLoad(RouterLoad load) {
    loop.wanted().routerLoad(load);
  }

  @Override
  public Map<String, NodeLoad> nodeLoads() {
    Map<String, NodeLoad> all = new HashMap<>(Snapshots.nodeLoads(loop.loads(), loop.peers()));
    NodeLoad own = loop.wanted().nodeLoad();
    if (own != null) {
      all.put(own.nodeId(), own);
    }
    return Map.copyOf(all);
  }

  @Override
  public Map<String, RouterLoad> routerLoads() {
    Map<String, RouterLoad> all = new HashMap<>(Snapshots.routerLoads(loop.loads(), loop.peers()));
    RouterLoad own = loop.wanted().routerLoad();
    if (own != null) {
      all.put(own.routerId(), own);
    }
    return Map.copyOf(all);
  }

  @Override
  public void keepPlacement(PlacementKeeper keeper) {
    loop.keeper(keeper);
  }

  @Override
  public CompletionStage<ExpertBook> changeExperts(UnaryOperator<ExpertBook> change) {
    return loop.changeExperts(change);
  }

  @Override
  public CompletionStage<NodeBook> changeNodes(UnaryOperator<NodeBook> change) {
    return loop.changeNodes(change);
  }

  @Override
  public StateMap states() {
    return states;
  }

  @Override
  public String gridAddress() {
    return loop.address();
  }

  @Override
  public void close() {
    loop.close();
  }
}
