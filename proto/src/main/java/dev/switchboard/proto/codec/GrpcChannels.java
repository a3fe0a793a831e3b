package dev.switchboard.proto.codec;

import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.netty.channel.unix.DomainSocketAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
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

  /** The same over a socket of this host; see {@link LocalSockets}. */
  public static ManagedChannel openLocal(Path socket, int maxMessageBytes, EventLoops loops) {
    return NettyChannelBuilder.forAddress(new DomainSocketAddress(socket.toFile()))
        .overrideAuthority("localhost")
        .usePlaintext()
        .eventLoopGroup(loops.group())
        .channelType(EventLoops.localChannel())
        .directExecutor()
        .disableRetry()
        .maxInboundMessageSize(maxMessageBytes)
        .flowControlWindow(ServerSpec.FLOW_CONTROL_WINDOW_BYTES)
        .build();
  }

  /** Whether {@link #openLocal} is possible on these loops. */
  public static boolean canOpenLocal(EventLoops loops) {
    return loops.hasLocalSockets();
  }
}
