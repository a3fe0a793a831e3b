package dev.switchboard.proto.codec;

import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.channel.unix.DomainSocketAddress;
import io.grpc.netty.shaded.io.netty.util.internal.logging.InternalLogger;
import io.grpc.netty.shaded.io.netty.util.internal.logging.InternalLoggerFactory;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The one way in which a process of ours opens a gRPC server: with health, reflection and limits.
 */
public final class GrpcServers {
  private static final InternalLogger LOG = InternalLoggerFactory.getInstance(GrpcServers.class);

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
            .channelType(loops.serverChannel())
            .keepAliveTime(ServerSpec.KEEP_ALIVE_EVERY.toNanos(), TimeUnit.NANOSECONDS)
            .keepAliveTimeout(ServerSpec.KEEP_ALIVE_TIMEOUT.toNanos(), TimeUnit.NANOSECONDS)
            .permitKeepAliveTime(ServerSpec.KEEP_ALIVE_EVERY.toNanos() / 2, TimeUnit.NANOSECONDS)
            .permitKeepAliveWithoutCalls(true)
            .addService(ProtoReflectionServiceV1.newInstance());
    Server server = started(built(builder, spec, loops, health), spec);
    Optional<Server> local =
        spec.local()
            .filter(path -> loops.hasLocalSockets())
            .flatMap(path -> local(path, spec, loops, health));
    RunningServer running = new RunningServer(server, local, spec, health);
    running.setServing(false);
    return running;
  }

  private static Server built(
      NettyServerBuilder builder, ServerSpec spec, EventLoops loops, HealthStatusManager health) {
    builder
        .bossEventLoopGroup(loops.group())
        .workerEventLoopGroup(loops.group())
        .executor(spec.executor())
        .maxInboundMessageSize(spec.maxMessageBytes())
        .flowControlWindow(ServerSpec.FLOW_CONTROL_WINDOW_BYTES)
        .addService(health.getHealthService());
    for (ServerServiceDefinition service : spec.services()) {
      builder.addService(service);
    }
    return builder.build();
  }

  /**
   * The same services on a socket of this host. No keep-alive: the system says when the other side
   * ends, and one that computes for long is not dead.
   */
  private static Optional<Server> local(
      Path path, ServerSpec spec, EventLoops loops, HealthStatusManager health) {
    try {
      // Its name is this process's alone: what lies there was left by one that had the same.
      Files.deleteIfExists(path);
      NettyServerBuilder builder =
          NettyServerBuilder.forAddress(new DomainSocketAddress(path.toFile()))
              .channelType(EventLoops.localServerChannel());
      return Optional.of(built(builder, spec, loops, health).start());
    } catch (IOException e) {
      LOG.warn("no local socket at {}: {}", path, e.toString());
      return Optional.empty();
    }
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
