package dev.switchboard.node;

import dev.switchboard.node.runtime.ComputeTurn;
import dev.switchboard.node.runtime.HeldExperts;
import dev.switchboard.node.runtime.NodeCounters;
import dev.switchboard.node.runtime.StateStore;
import dev.switchboard.node.shard.ShardLoader;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;

/**
 * What {@link ShardControl} changes and reads.
 *
 * @param held the snapshot that batches are computed with
 * @param states touched on the computing thread alone
 * @param loading how fast experts are loaded, and when they sleep
 * @param warmMillis wall time for warming the kernels after the first load
 * @param nanoTime the node's clock
 */
record Shard(
    AtomicReference<HeldExperts> held,
    NodeCounters counters,
    ComputeTurn loop,
    StateStore states,
    ShardLoader loader,
    Loading loading,
    int warmMillis,
    LongSupplier nanoTime) {
  /** Loads as fast as it goes, and nobody sleeps. */
  Shard(
      AtomicReference<HeldExperts> held,
      NodeCounters counters,
      ComputeTurn loop,
      StateStore states,
      ShardLoader loader,
      int warmMillis,
      LongSupplier nanoTime) {
    this(held, counters, loop, states, loader, Loading.FREELY, warmMillis, nanoTime);
  }
}
