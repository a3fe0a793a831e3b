package dev.switchboard.router.dispatch;

import dev.switchboard.cluster.NodeInfo;
import dev.switchboard.proto.lane.LaneWait;
import java.util.concurrent.ScheduledExecutorService;

/** What links are made of: the network and the threads, so that links themselves only decide. */
interface LinkWiring extends AutoCloseable {
  /** The ways to a node. */
  LinkChannels channels(NodeInfo node);

  /** Keeps the links' time and tells of changes. */
  ScheduledExecutorService timer();

  /** Opens lanes, for which it may wait for a node. */
  ScheduledExecutorService opener();

  /** Where answers that come by lanes are waited for; by the sending thread alone. */
  LaneWait lanes();

  @Override
  void close();
}
