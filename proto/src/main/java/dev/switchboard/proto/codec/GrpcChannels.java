package dev.switchboard.proto.codec;

import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;

/** The one way in which a process of ours opens a gRPC channel to another one. */
public final class GrpcChannels {
  private GrpcChannels() {}

  /**
   * A plain-text channel whose callbacks run on the network thread: they must not block.
   *
   * <p>gRPC's own retries are off: they would keep a copy of every message, and whether a batch may
   * be sent again is ours to decide.
   */
  public static ManagedChannel open(String host, int port, int maxMessageBytes, EventLoops loops) {
    return NettyChannelBuilder.forAddress(new InetSocketAddress(host, port))
        .usePlaintext()
        .eventLoopGroup(loops.group())
        .channelType(loops.channel())
        .directExecutor()
        .disableRetry()
        .maxInboundMessageSize(maxMessageBytes)
        .flowControlWindow(ServerSpec.FLOW_CONTROL_WINDOW_BYTES)
        .keepAliveTime(ServerSpec.KEEP_ALIVE_EVERY.toNanos(), TimeUnit.NANOSECONDS)
        .keepAliveTimeout(ServerSpec.KEEP_ALIVE_TIMEOUT.toNanos(), TimeUnit.NANOSECONDS)
        .build();
  }
}
