package dev.switchboard.node;

import dev.switchboard.cluster.Grid;
import dev.switchboard.cluster.NodeInfo;
import dev.switchboard.node.runtime.ComputeTurn;
import dev.switchboard.node.runtime.HeldExperts;
import dev.switchboard.node.runtime.NodeCounters;
import dev.switchboard.node.runtime.StateStore;
import dev.switchboard.node.shard.ExpertSource;
import dev.switchboard.node.shard.HandOver;
import dev.switchboard.node.shard.ShardLoader;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;

/**
 * What a simulated node holds: production's following of the placement, on threads that are given.
 */
public final class SimulatedShard {
  private final AtomicReference<HeldExperts> held;
  private final ShardControl control;

  /**
   * What it is made of.
   *
   * @param info what the node says of itself at first
   * @param decides its control thread
   * @param loads its loading thread
   */
  public record Parts(
      NodeInfo info,
      ExpertSource source,
      AtomicReference<HeldExperts> held,
      StateStore states,
      NodeCounters counters,
      ComputeTurn turn,
      ScheduledExecutorService decides,
      ExecutorService loads,
      LongSupplier nanoTime) {}

  public SimulatedShard(Parts parts) {
    this.held = parts.held();
    ShardLoader loader = new ShardLoader(parts.source(), parts.counters(), parts.nanoTime());
    Shard shard =
        new Shard(
            parts.held(),
            parts.counters(),
            parts.turn(),
            parts.states(),
            loader,
            0,
            parts.nanoTime());
    this.control =
        new ShardControl(
            shard,
            parts.info(),
            () -> {},
            new ShardControl.Threads(parts.decides(), parts.loads()));
  }

  public HeldExperts held() {
    HeldExperts now = held.get();
    if (now == null) {
      throw new IllegalStateException("nothing was ever put there");
    }
    return now;
  }

  public void follow(Grid grid) {
    control.follow(grid);
  }

  /** Fails if the node cannot load its first experts: it is of no use then, and ends. */
  public CompletionStage<Void> ready() {
    return control.ready();
  }

  /** The node is to leave. */
  public CompletionStage<HandOver> drain() {
    return control.drain();
  }

  /** Leaves the grid. */
  public void close() {
    control.close();
  }
}
