package dev.switchboard.simulation;

import dev.switchboard.cluster.NodeInfo;
import dev.switchboard.cluster.hazelcast.Role;
import dev.switchboard.cluster.hazelcast.SimulatedMember;
import dev.switchboard.model.Arithmetic;
import dev.switchboard.node.SimulatedShard;
import dev.switchboard.node.api.SimulatedDoor;
import dev.switchboard.node.runtime.BatchProcessor;
import dev.switchboard.node.runtime.HeldExperts;
import dev.switchboard.node.runtime.Leases;
import dev.switchboard.node.runtime.NodeCounters;
import dev.switchboard.node.runtime.StateStore;
import dev.switchboard.node.shard.ExpertSource;
import dev.switchboard.proto.codec.Handshake;
import dev.switchboard.proto.v1.Hello;
import io.grpc.Status;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

/** A node: its process, its place in the grid, what it holds, and its door. */
final class NodeProcess {
  private static final int QUEUE = 64;
  private static final long MOST_STATE_BYTES = 1 << 20;
  private static final Duration LEASE = Duration.ofSeconds(5);
  private static final long DRAIN_NANOS = 6 * World.SECOND;
  private static final long QUIET_NANOS = 300 * World.MILLI;
  private static final long LOOK_NANOS = 100 * World.MILLI;
  private static final int MOST_LOOKS = 30;

  private final World world;
  private final SimProcess process;
  private final SimulatedMember grid;
  private final SimulatedShard shard;
  private final SimulatedDoor door;
  private final StateStore states;
  private final Runnable onEnd;
  private int slowness = 1;
  private boolean refuses;
  private boolean loadsFail;
  private boolean leaving;
  private long troubledUntil;

  /**
   * @param onEnd when it has ended by itself
   */
  NodeProcess(Cluster cluster, String id, int capacity, Runnable onEnd) {
    this.world = cluster.world();
    this.process = new SimProcess(world, id);
    this.onEnd = onEnd;
    this.troubledUntil = world.now();
    this.grid =
        new SimulatedMember(
            cluster.grids(),
            id,
            Role.NODE,
            new SimExecutor(process),
            process::nanoTime,
            process::wallMillis);
    ExpertSource source = cluster.model().source(() -> loadsFail);
    AtomicReference<HeldExperts> held = new AtomicReference<>(HeldExperts.none(source.model()));
    NodeCounters counters = new NodeCounters();
    this.states = new StateStore(MOST_STATE_BYTES, process::nanoTime);
    this.door =
        new SimulatedDoor(
            new SimulatedDoor.Parts(
                hello(id),
                held::get,
                states,
                new BatchProcessor(held::get, states, counters, process::nanoTime),
                new Leases(LEASE),
                new SimExecutor(process),
                process::nanoTime,
                () -> slowness * world.between(World.MILLI / 10, 2 * World.MILLI),
                () -> refuses ? 0 : QUEUE));
    NodeInfo info =
        NodeInfo.joining(id, "host-of-" + id, 7400, SimModel.FINGERPRINT, capacity)
            .inDomain("domain" + world.random().nextInt(3));
    this.shard =
        new SimulatedShard(
            new SimulatedShard.Parts(
                info,
                source,
                held,
                states,
                counters,
                door,
                new SimExecutor(process),
                new SimExecutor(process, () -> world.between(World.MILLI, 300 * World.MILLI)),
                process::nanoTime));
    shard
        .ready()
        .exceptionally(problem -> {
          process.after(World.MILLI, () -> fail(cluster));
          return null;
        });
    shard.follow(grid);
  }

  /** It ends by itself, and is started anew by whoever sees to that. */
  private void fail(Cluster cluster) {
    if (process.alive()) {
      cluster.kill(this);
      world.after(World.SECOND, cluster::addNode);
    }
  }

  private static Hello hello(String id) {
    return Handshake.hello(Arithmetic.VERSION, SimModel.FINGERPRINT, List.of())
        .setSenderId(id)
        .setMaxOutstandingBatches(QUEUE)
        .setMaxMessageBytes(1 << 20)
        .setComputeThreads(1)
        .setCancels(true)
        .build();
  }

  SimProcess process() {
    return process;
  }

  String id() {
    return process.name();
  }

  SimulatedMember grid() {
    return grid;
  }

  SimulatedDoor door() {
    return door;
  }

  StateStore states() {
    return states;
  }

  /** What it can compute now. */
  HeldExperts held() {
    return shard.held();
  }

  boolean leaving() {
    return leaving;
  }

  void slowness(int times) {
    slowness = times;
  }

  void refuses(boolean now) {
    refuses = now;
  }

  void loadsFail(boolean now) {
    loadsFail = now;
  }

  /** Something is done to it, for so long. */
  void troubled(long nanos) {
    troubledUntil = Math.max(troubledUntil, world.now() + nanos);
  }

  /** Whether nothing was done to it since then. */
  boolean wellSince(long then) {
    return process.alive() && !leaving && troubledUntil <= then;
  }

  /** As SIGKILL: connections break, the grid notices by and by. */
  void kill(Cluster cluster) {
    process.kill();
    cluster.grids().died(grid);
    cluster.streamsTo(this).forEach(NodeStream::reset);
  }

  /** As SIGTERM. */
  void leave() {
    if (leaving) {
      return;
    }
    leaving = true;
    troubled(0);
    world.note(() -> id() + " is to leave");
    boolean[] begun = new boolean[1];
    Runnable quiet =
        () -> {
          if (!begun[0]) {
            begun[0] = true;
            endWhenQuiet(MOST_LOOKS);
          }
        };
    shard.drain().thenRun(() -> process.after(QUIET_NANOS, quiet));
    process.after(DRAIN_NANOS, quiet);
  }

  private void endWhenQuiet(int looks) {
    if (looks > 0 && door.quietNanos() < QUIET_NANOS) {
      process.after(LOOK_NANOS, () -> endWhenQuiet(looks - 1));
      return;
    }
    door.endStreams(Status.UNAVAILABLE.withDescription("node " + id() + " stops"));
    shard.close();
    process.after(
        World.MILLI,
        () -> {
          world.note(() -> id() + " has left");
          process.kill();
          onEnd.run();
        });
  }
}
