package dev.switchboard.simulation;

import dev.switchboard.cluster.ClusterView;
import dev.switchboard.cluster.ExpertCounts;
import dev.switchboard.cluster.NodeInfo;
import dev.switchboard.cluster.NodeState;
import dev.switchboard.cluster.Placement;
import dev.switchboard.cluster.PlacementKeeper;
import dev.switchboard.cluster.PlacementRules;
import dev.switchboard.cluster.ProcessCost;
import dev.switchboard.cluster.RouterInfo;
import dev.switchboard.cluster.RouterLoad;
import dev.switchboard.cluster.hazelcast.Role;
import dev.switchboard.cluster.hazelcast.SimulatedMember;
import dev.switchboard.model.Arithmetic;
import dev.switchboard.router.dispatch.RemoteSpec;
import dev.switchboard.router.dispatch.SimulatedDispatch;
import dev.switchboard.router.health.NodeHealth;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** A router: its process, its place in the grid, its way to the nodes, and what it is asked. */
final class RouterProcess {
  static final Duration DEADLINE = Duration.ofMillis(1500);
  static final Duration REPLICA_WAIT = Duration.ofSeconds(1);

  private static final long PUBLISH_MILLIS = 500;
  private static final int MOST_REPLAY_TOKENS = 4;

  private final World world;
  private final Cluster cluster;
  private final SimProcess process;
  private final SimulatedMember grid;
  private final SimulatedDispatch dispatch;
  private final Requests requests;
  private final Set<NodeStream> streams = new LinkedHashSet<>();
  private final long[][] tokens;
  private final Map<Integer, Map<String, Long>> heldSince = new HashMap<>();
  private long troubledUntil;
  private boolean leaving;

  /** Settings that a seed chooses. */
  record Settings(PlacementRules rules, NodeHealth.Limits limits) {}

  RouterProcess(Cluster cluster, String id, Settings settings) {
    this.cluster = cluster;
    this.world = cluster.world();
    this.process = new SimProcess(world, id);
    this.tokens = new long[SimModel.LAYERS][cluster.model().experts()];
    this.troubledUntil = world.now();
    this.grid =
        new SimulatedMember(
            cluster.grids(),
            id,
            Role.ROUTER,
            new SimExecutor(process),
            process::nanoTime,
            process::wallMillis);
    this.dispatch =
        new SimulatedDispatch(
            new SimulatedDispatch.Parts(
                spec(id, settings.limits()),
                node -> new NodeChannel(cluster, this, node.id()),
                new SimExecutor(process),
                process::nanoTime,
                () -> grid.view().placement().map(Placement::epoch).orElse(0L)));
    this.requests = new Requests(cluster, this);
    joinIn(settings.rules());
  }

  private RemoteSpec spec(String id, NodeHealth.Limits limits) {
    SimModel model = cluster.model();
    return new RemoteSpec(
        SimModel.FINGERPRINT,
        id,
        new RemoteSpec.Arithmetic(Arithmetic.VERSION, List.of()),
        model.units(),
        model.layers(),
        new RemoteSpec.Keeping(1 + model.experts() % MOST_REPLAY_TOKENS, 1 << 24, 1 << 12),
        limits,
        DEADLINE,
        1 << 20,
        1 << 16);
  }

  private void joinIn(PlacementRules rules) {
    RouterInfo info =
        new RouterInfo(
            process.name(), "host-of-" + process, 7300, 1, SimModel.FINGERPRINT, false, false);
    grid.serve(info.version());
    grid.announce(info);
    dispatch.onReached(epoch -> grid.announce(info.reaching(epoch)));
    grid.onChange(this::viewed);
    grid.keepPlacement(
        new PlacementKeeper(
            SimModel.FINGERPRINT,
            view -> cluster.model().units().count(),
            rules,
            this::tokensByUnit));
    new SimExecutor(process)
        .scheduleWithFixedDelay(
            () -> grid.publishLoad(load()), 0, PUBLISH_MILLIS, TimeUnit.MILLISECONDS);
    requests.begin();
  }

  private void viewed(ClusterView view) {
    dispatch.update(view);
    for (int unit = 0; unit < cluster.model().experts(); unit++) {
      Map<String, Long> known = heldSince.computeIfAbsent(unit, u -> new TreeMap<>());
      Set<String> now = new LinkedHashSet<>();
      for (NodeInfo node : view.nodes()) {
        if (node.state() == NodeState.READY && node.heldUnits().contains(unit)) {
          now.add(node.id());
          known.putIfAbsent(node.id(), world.now());
        }
      }
      known.keySet().retainAll(now);
    }
    dispatch.settle();
  }

  /** Nodes that have said, so long ago and ever since, that they hold a unit. */
  List<String> holdersSince(int unit, long then) {
    List<String> holders = new ArrayList<>();
    heldSince
        .getOrDefault(unit, Map.of())
        .forEach((id, since) -> {
          if (since <= then) {
            holders.add(id);
          }
        });
    return holders;
  }

  private Map<String, long[]> tokensByUnit() {
    Map<String, long[]> byUnit = new HashMap<>();
    for (RouterLoad load : grid.loads().of(SimModel.FINGERPRINT).with(load()).live()) {
      long[] units = new long[cluster.model().experts()];
      for (int layer = 0; layer < load.tokens().layers(); layer++) {
        for (int expert = 0; expert < units.length; expert++) {
          units[expert] += load.tokens().get(layer, expert);
        }
      }
      byUnit.put(load.routerId(), units);
    }
    return byUnit;
  }

  /** What it has done, as it tells the grid. */
  RouterLoad load() {
    int experts = cluster.model().experts();
    long[] flat = new long[SimModel.LAYERS * experts];
    for (int layer = 0; layer < SimModel.LAYERS; layer++) {
      System.arraycopy(tokens[layer], 0, flat, layer * experts, experts);
    }
    return new RouterLoad(
        process.name(),
        SimModel.FINGERPRINT,
        ExpertCounts.of(SimModel.LAYERS, experts, flat),
        requests.tokens(),
        0,
        requests.running(),
        0,
        ProcessCost.NONE);
  }

  void count(int layer, int expert) {
    tokens[layer][expert]++;
  }

  SimProcess process() {
    return process;
  }

  SimulatedMember grid() {
    return grid;
  }

  SimulatedDispatch dispatch() {
    return dispatch;
  }

  Requests requests() {
    return requests;
  }

  /** Streams to nodes that are open. */
  Set<NodeStream> streams() {
    return streams;
  }

  boolean leaving() {
    return leaving;
  }

  /** Something is done to it, for so long. */
  void troubled(long nanos) {
    troubledUntil = Math.max(troubledUntil, world.now() + nanos);
  }

  /** Whether nothing was done to it since then. */
  boolean wellSince(long then) {
    return process.alive() && troubledUntil <= then;
  }

  /** As SIGKILL. */
  void kill() {
    process.kill();
    cluster.grids().died(grid);
    endStreams();
  }

  /** As SIGTERM: it takes nothing more, and leaves when what runs has ended. */
  void leave(Runnable onEnd) {
    if (leaving) {
      return;
    }
    leaving = true;
    requests.stop();
    world.note(() -> process + " is to leave");
    leaveWhenDone(onEnd);
  }

  private void leaveWhenDone(Runnable onEnd) {
    if (requests.running() > 0) {
      process.after(100 * World.MILLI, () -> leaveWhenDone(onEnd));
      return;
    }
    grid.publishLoad(load());
    grid.close();
    endStreams();
    process.kill();
    world.note(() -> process + " has left");
    onEnd.run();
  }

  private void endStreams() {
    for (NodeStream stream : List.copyOf(streams)) {
      NodeProcess node = stream.node();
      if (node != null) {
        node.process().after(World.MILLI, () -> node.door().ended(stream));
      }
    }
    streams.clear();
  }
}
