package dev.switchboard.node.weights;

import dev.switchboard.proto.codec.EventLoops;
import dev.switchboard.proto.codec.GrpcChannels;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import java.util.HashMap;
import java.util.Map;

/** One channel a source, opened when first needed. */
public final class WeightChannels implements AutoCloseable {
  /** A chunk, or a part of a manifest, with room to spare. */
  private static final int MAX_MESSAGE_BYTES = 64 << 20;

  private final EventLoops loops;
  private final Map<WeightSource, ManagedChannel> open = new HashMap<>();

  /**
   * @param loops carries the channels; closed by the caller
   */
  public WeightChannels(EventLoops loops) {
    this.loops = loops;
  }

  /** The channel to a source. */
  public synchronized Channel to(WeightSource source) {
    return open.computeIfAbsent(
        source, s -> GrpcChannels.open(s.host(), s.port(), MAX_MESSAGE_BYTES, loops));
  }

  @Override
  public synchronized void close() {
    open.values().forEach(ManagedChannel::shutdownNow);
    open.clear();
  }
}
