package dev.switchboard.proto.codec;

import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.concurrent.TimeUnit;

/**
 * The one way in which a process of ours opens a gRPC server: with health, reflection and limits.
 */
public final class GrpcServers {
  private GrpcServers() {}

  /**
   * Starts a server; its services are NOT_SERVING until {@link RunningServer#setServing} says
   * otherwise.
   *
   * @throws IOException naming the address, if it cannot be bound
   */
  public static RunningServer start(ServerSpec spec, EventLoops loops) throws IOException {
    HealthStatusManager health = new HealthStatusManager();
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(address(spec))
            .bossEventLoopGroup(loops.group())
            .workerEventLoopGroup(loops.group())
            .channelType(loops.serverChannel())
            .executor(spec.executor())
            .maxInboundMessageSize(spec.maxMessageBytes())
            .flowControlWindow(ServerSpec.FLOW_CONTROL_WINDOW_BYTES)
            .keepAliveTime(ServerSpec.KEEP_ALIVE_EVERY.toNanos(), TimeUnit.NANOSECONDS)
            .keepAliveTimeout(ServerSpec.KEEP_ALIVE_TIMEOUT.toNanos(), TimeUnit.NANOSECONDS)
            .permitKeepAliveTime(ServerSpec.KEEP_ALIVE_EVERY.toNanos() / 2, TimeUnit.NANOSECONDS)
            .permitKeepAliveWithoutCalls(true)
            .addService(health.getHealthService())
            .addService(ProtoReflectionServiceV1.newInstance());
    for (ServerServiceDefinition service : spec.services()) {
      builder.addService(service);
    }
    Server server = started(builder.build(), spec);
    RunningServer running = new RunningServer(server, spec, health);
    running.setServing(false);
    return running;
  }

  private static Server started(Server server, ServerSpec spec) throws IOException {
    try {
      return server.start();
    } catch (IOException e) {
      server.shutdownNow();
      throw new IOException(
          "cannot listen on %s:%d: %s".formatted(spec.host(), spec.port(), reason(e)), e);
    }
  }

  private static String reason(IOException e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      String message = String.valueOf(cause.getMessage());
      if (message.contains("Address already in use")) {
        return "the port is in use";
      }
      if (cause instanceof BindException) {
        return message;
      }
    }
    Throwable cause = e.getCause() == null ? e : e.getCause();
    return String.valueOf(cause.getMessage());
  }

  private static InetSocketAddress address(ServerSpec spec) throws IOException {
    try {
      return new InetSocketAddress(InetAddress.getByName(spec.host()), spec.port());
    } catch (UnknownHostException e) {
      throw new IOException(
          "cannot listen on %s:%d: no address is known for that host"
              .formatted(spec.host(), spec.port()),
          e);
    }
  }
}
