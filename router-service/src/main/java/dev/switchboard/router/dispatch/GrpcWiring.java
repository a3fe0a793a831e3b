package dev.switchboard.router.dispatch;

import dev.switchboard.cluster.NodeInfo;
import dev.switchboard.proto.codec.EventLoops;
import dev.switchboard.proto.codec.GrpcChannels;
import dev.switchboard.proto.codec.LocalSockets;
import dev.switchboard.proto.lane.LaneWait;
import dev.switchboard.proto.lane.SharedMemory;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Links over gRPC, and over sockets and shared memory to nodes of this host. */
final class GrpcWiring implements LinkWiring {
  private static final Logger LOG = LoggerFactory.getLogger(GrpcWiring.class);

  private final int maxMessageBytes;
  private final EventLoops loops;
  private final ScheduledExecutorService timer = thread("router-links-timer");
  private final ScheduledExecutorService opener = thread("router-lane-opener");
  private final LaneWait lanes = new LaneWait();

  /**
   * @param loops carries the streams; owned by the caller
   */
  GrpcWiring(int maxMessageBytes, EventLoops loops) {
    this.maxMessageBytes = maxMessageBytes;
    this.loops = loops;
  }

  private static ScheduledExecutorService thread(String name) {
    return Executors.newSingleThreadScheduledExecutor(
        Thread.ofPlatform().daemon().name(name).factory());
  }

  @Override
  public LinkChannels channels(NodeInfo node) {
    return new LinkChannels(
        GrpcChannels.open(node.host(), node.port(), maxMessageBytes, loops),
        GrpcChannels.canOpenLocal(loops)
            ? LocalSockets.ofUser().flatMap(sockets -> sockets.of(node.id()))
            : Optional.empty(),
        SharedMemory.available()
            ? LocalSockets.ofUser().flatMap(sockets -> sockets.lanesOf(node.id()))
            : Optional.empty(),
        path -> GrpcChannels.openLocal(path, maxMessageBytes, loops));
  }

  @Override
  public ScheduledExecutorService timer() {
    return timer;
  }

  @Override
  public ScheduledExecutorService opener() {
    return opener;
  }

  @Override
  public LaneWait lanes() {
    return lanes;
  }

  @Override
  public void close() {
    lanes.close();
    timer.shutdownNow();
    opener.shutdownNow();
    try {
      if (!timer.awaitTermination(1, TimeUnit.SECONDS)) {
        LOG.warn("the timer of the node links did not stop within a second");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
