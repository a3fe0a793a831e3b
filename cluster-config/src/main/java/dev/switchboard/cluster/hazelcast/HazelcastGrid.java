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
import dev.switchboard.cluster.settings.GridSettings;
import dev.switchboard.cluster.state.StateMap;
import java.time.Duration;
import java.util.Optional;
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
  private final Duration publishEvery;
  private final Optional<LeaseLeaders> lease;

  private HazelcastGrid(GridLoop loop, GridSettings settings, Optional<LeaseLeaders> lease) {
    this.loop = loop;
    this.lease = lease;
    this.states = new HazelcastStates(loop::link, settings.state().stateTtl());
    this.publishEvery = Duration.ofMillis(settings.publishMillis());
  }

  /**
   * Joins the grid. A router is in it when this returns, alone if it found nobody; a node returns
   * at once and joins as soon as a router answers at one of its addresses.
   *
   * @throws GridException if the grid's address cannot be listened on, or a Lease is to decide who
   *     leads and this process has no service account of Kubernetes
   */
  public static HazelcastGrid join(GridSettings settings, Role role) {
    Optional<LeaseLeaders> lease =
        role == Role.ROUTER ? settings.leaseName().map(LeaseLeaders::new) : Optional.empty();
    Leaders leaders = lease.<Leaders>map(taken -> taken).orElse(Leaders::oldest);
    GridLoop loop = new GridLoop(settings, role, leaders);
    loop.start();
    return new HazelcastGrid(loop, settings, lease);
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
  public void serve(ServedVersion version) {
    loop.wanted().version(version);
    loop.wake();
  }

  @Override
  public void announce(NodeInfo node) {
    loop.wanted().node(node);
    loop.wake();
  }

  @Override
  public void announce(RouterInfo router) {
    loop.wanted().router(router);
    lease.ifPresent(leaders -> leaders.begin(router, loop::wake));
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
  public void publishUses(ExpertUses uses) {
    loop.wanted().uses(uses);
  }

  @Override
  public Duration publishEvery() {
    return publishEvery;
  }

  @Override
  public LoadBook loads() {
    return loop.book();
  }

  @Override
  public LoadCost loadCost() {
    return loop.cost();
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
    lease.ifPresent(LeaseLeaders::close);
    loop.close();
  }
}
