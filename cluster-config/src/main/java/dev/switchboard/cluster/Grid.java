package dev.switchboard.cluster;

import dev.switchboard.cluster.state.StateMap;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * What joins the processes of a deployment: who is there, the placement, and load counters.
 *
 * <p>No call but those of {@link #states()} waits for the network. What is announced or published
 * is the wanted state; the grid's own thread brings it to the others as soon as it can, the latest
 * value wins, and it is said again after every loss of contact. What is read is the last snapshot.
 * With nobody to talk to all calls work and say what was known.
 */
public interface Grid extends AutoCloseable {
  /** The latest snapshot. */
  ClusterView view();

  /**
   * Registers a listener. It is called on the grid's thread: once soon after registration with the
   * view of that moment and then after every change, never twice at a time. It must not block; what
   * it throws is logged.
   */
  void onChange(Consumer<ClusterView> listener);

  /**
   * Says what this process serves, before it announces itself, which says the same: from then on it
   * sees and changes what those of its version share.
   */
  default void serve(ServedVersion version) {}

  /** Says what this node is; replaces what it said before. */
  void announce(NodeInfo node);

  /** Says what this router is; replaces what it said before. */
  void announce(RouterInfo router);

  /** Hands over this node's counters; the latest are passed on at most once an interval. */
  void publishLoad(NodeLoad load);

  /** Hands over this router's counters; the latest are passed on at most once an interval. */
  void publishLoad(RouterLoad load);

  /** Hands over what this node's experts have done; passed on as its counters are. */
  void publishUses(ExpertUses uses);

  /** The interval: to hand over more often is of no use. */
  Duration publishEvery();

  /**
   * The last known counters of the live routers and nodes, and the totals of those that left; this
   * process's own are those last handed over. On nodes: its own alone.
   */
  LoadBook loads();

  /** Where the grid adds up the processor time that loads take it. */
  LoadCost loadCost();

  /**
   * Makes this process keep the placement while it is the leader: the keeper is asked on the grid's
   * thread after every change and from time to time, and what it decides is published if nobody
   * else was quicker.
   */
  void keepPlacement(PlacementKeeper keeper);

  /**
   * Changes what is said about experts, for all processes.
   *
   * @param change from what is said now to what is to be said; asked again if another process was
   *     quicker; on the grid's thread, must not block
   * @return done when it is in the grid; fails with what the change throws
   */
  CompletionStage<ExpertBook> changeExperts(UnaryOperator<ExpertBook> change);

  /**
   * Changes what is said about nodes, for all processes; otherwise as {@link #changeExperts}.
   *
   * @param change must not block
   */
  CompletionStage<NodeBook> changeNodes(UnaryOperator<NodeBook> change);

  /** What is kept of sessions and sequences: values that live as long as one router holds them. */
  StateMap states();

  /** {@code host:port} that the grid listens on; empty while it waits for a router. */
  String gridAddress();

  /**
   * Leaves: removes what this process announced, hands on its totals. Waits a few seconds at the
   * most.
   */
  @Override
  void close();
}
