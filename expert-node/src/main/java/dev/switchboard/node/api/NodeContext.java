package dev.switchboard.node.api;

import dev.switchboard.node.runtime.ComputeLoop;
import dev.switchboard.node.runtime.HeldExperts;
import dev.switchboard.node.runtime.Leases;
import dev.switchboard.node.runtime.NodeCounters;
import dev.switchboard.node.runtime.StateStore;
import dev.switchboard.proto.v1.Hello;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * What the service needs of its node.
 *
 * @param hello what the node says of itself when a stream opens; its {@code sender_id} is the
 *     node's id
 * @param held what the node can compute now
 * @param loop where admitted work goes
 * @param states touched on the loop's thread alone
 * @param leases whose states are kept
 * @param counters exact, since the start
 * @param nanoTime the node's clock
 */
public record NodeContext(
    Hello hello,
    Supplier<HeldExperts> held,
    ComputeLoop loop,
    StateStore states,
    Leases leases,
    NodeCounters counters,
    LongSupplier nanoTime) {
  String nodeId() {
    return hello.getSenderId();
  }
}
