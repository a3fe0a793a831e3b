package dev.switchboard.simulation;

import dev.switchboard.cluster.PlacementRules;
import dev.switchboard.cluster.hazelcast.SimulatedGrids;
import dev.switchboard.model.moe.MoeOutcome;
import dev.switchboard.router.health.NodeHealth;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** All that there is: processes, network, grids, and what is known to be right. */
final class Cluster {
  /** Whoever was left alone for so long is as good as new: links are open again, views are old. */
  private static final long WELL_AGAIN_NANOS = 5 * World.SECOND;

  private final World world;
  private final Network network;
  private final SimulatedGrids grids;
  private final SimModel model;
  private final Oracle oracle;
  private final Sums sums;
  private final Tampering tampering;
  private final RouterProcess.Settings settings;
  private final Map<String, NodeProcess> nodes = new TreeMap<>();
  private final Map<String, RouterProcess> routers = new TreeMap<>();
  private final List<RouterProcess> left = new ArrayList<>();
  private final List<RouterProcess> killed = new ArrayList<>();
  private long pause = 150 * World.MILLI;
  private long troubledUntil;
  private long sequences;
  private long losses;
  private int named;

  Cluster(World world, Bug bug) {
    this.world = world;
    this.network = new Network(world);
    this.tampering = bug.tampering();
    this.grids = new SimulatedGrids(new Around(), bug.habit());
    this.model =
        new SimModel(
            List.of(world.chance(40), world.chance(40)),
            2 + world.random().nextInt(SimModel.MOST_EXPERTS - 1));
    this.oracle = new Oracle(world, model);
    this.sums = new Sums(this);
    this.settings = settings();
  }

  /** The world, as the grids see it. */
  private final class Around implements SimulatedGrids.Around {
    @Override
    public void after(long nanos, Runnable body) {
      world.after(nanos, body);
    }

    @Override
    public long between(long least, long most) {
      return world.between(least, most);
    }

    @Override
    public void waitInside(long nanos) {
      world.runInside(nanos);
    }

    @Override
    public void note(String what) {
      world.note(() -> what);
    }

    @Override
    public void violated(String what) {
      world.violated(() -> what);
    }
  }

  private RouterProcess.Settings settings() {
    PlacementRules rules =
        new PlacementRules(
            1 + world.random().nextInt(3),
            1 + world.random().nextInt(2),
            world.chance(30) ? 2 : 0,
            Duration.ofSeconds(1),
            Duration.ofSeconds(2),
            Duration.ofSeconds(world.chance(30) ? 3 : 0));
    NodeHealth.Limits limits =
        new NodeHealth.Limits(
            Duration.ofMillis(40),
            world.chance(80) ? 20 : 0,
            world.chance(30) ? 20 : 0,
            RouterProcess.REPLICA_WAIT);
    return new RouterProcess.Settings(rules, limits);
  }

  World world() {
    return world;
  }

  Network network() {
    return network;
  }

  SimulatedGrids grids() {
    return grids;
  }

  SimModel model() {
    return model;
  }

  Oracle oracle() {
    return oracle;
  }

  Sums sums() {
    return sums;
  }

  Tampering tampering() {
    return tampering;
  }

  int replicas() {
    return settings.rules().replicas();
  }

  boolean rebalances() {
    return !settings.rules().rebalanceEvery().isZero();
  }

  /** About how long a router waits between two steps. */
  long pause() {
    return pause;
  }

  void pause(long nanos) {
    pause = nanos;
  }

  long nextSequence() {
    return ++sequences;
  }

  NodeProcess addNode() {
    String id = "n" + named++;
    int capacity = world.chance(30) ? model.experts() : 0;
    NodeProcess node = new NodeProcess(this, id, capacity, () -> nodes.remove(id));
    nodes.put(id, node);
    world.note(() -> id + " starts");
    return node;
  }

  RouterProcess addRouter() {
    String id = "r" + named++;
    RouterProcess router = new RouterProcess(this, id, settings);
    routers.put(id, router);
    world.note(() -> id + " starts");
    return router;
  }

  /** A node that runs; null if there is none of that name. */
  @Nullable NodeProcess node(String id) {
    return nodes.get(id);
  }

  List<NodeProcess> nodes() {
    return List.copyOf(nodes.values());
  }

  List<RouterProcess> routers() {
    return List.copyOf(routers.values());
  }

  /** Routers that have left in order. */
  List<RouterProcess> left() {
    return left;
  }

  List<RouterProcess> killed() {
    return killed;
  }

  List<NodeStream> streamsTo(NodeProcess node) {
    List<NodeStream> streams = new ArrayList<>();
    for (RouterProcess router : routers.values()) {
      for (NodeStream stream : router.streams()) {
        if (stream.node() == node) {
          streams.add(stream);
        }
      }
    }
    return streams;
  }

  void kill(NodeProcess node) {
    world.note(() -> node.id() + " is killed");
    nodes.remove(node.id());
    node.kill(this);
  }

  void kill(RouterProcess router) {
    world.note(() -> router.process() + " is killed");
    routers.remove(router.process().name());
    killed.add(router);
    router.kill();
  }

  void leave(RouterProcess router) {
    router.leave(() -> {
      routers.remove(router.process().name());
      left.add(router);
    });
  }

  /** The network or the grid is not as it should be, for so long. */
  void troubled(long nanos) {
    troubledUntil = Math.max(troubledUntil, world.now() + nanos);
  }

  long losses() {
    return losses;
  }

  /** An expert could not be had: that must have had a reason. */
  void lost(RouterProcess router, MoeOutcome.Lost lost, long begun) {
    losses++;
    world.note(() -> router.process() + " lost expert " + lost.expert() + ": " + lost.reason());
    long then = begun - WELL_AGAIN_NANOS;
    if (lost.reason().contains("budget") || troubledUntil > then || !router.wellSince(then)) {
      return;
    }
    for (String id : router.holdersSince(lost.expert(), then)) {
      NodeProcess node = nodes.get(id);
      if (node != null && node.wellSince(then) && node.held().byUnit().containsKey(lost.expert())) {
        world.violated(() ->
            "%s has expert %d and nothing ails it, and yet it is lost to %s, which can send to %s: %s"
                .formatted(
                    id,
                    lost.expert(),
                    router.process(),
                    router.dispatch().holders(0, lost.expert()),
                    lost.reason()));
        return;
      }
    }
  }
}
