package dev.switchboard.proto.codec;

import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.shaded.io.netty.util.internal.logging.InternalLogger;
import io.grpc.netty.shaded.io.netty.util.internal.logging.InternalLoggerFactory;
import io.grpc.protobuf.services.HealthStatusManager;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A server that listens. */
public final class RunningServer implements AutoCloseable {
  private static final InternalLogger LOG = InternalLoggerFactory.getInstance(RunningServer.class);

  private final Server server;
  private final Optional<Server> local;
  private final ServerSpec spec;
  private final HealthStatusManager health;

  RunningServer(
      Server server, Optional<Server> local, ServerSpec spec, HealthStatusManager health) {
    this.server = server;
    this.local = local;
    this.spec = spec;
    this.health = health;
  }

  public String host() {
    return spec.host();
  }

  public int port() {
    return server.getPort();
  }

  /** {@code host:port}. */
  public String address() {
    return spec.host() + ":" + server.getPort();
  }

  /** Whether processes of this host can come by the local socket. */
  public boolean local() {
    return local.isPresent();
  }

  /** What the health service says of this server and of each of its services. */
  public void setServing(boolean serving) {
    ServingStatus status = serving ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
    health.setStatus(HealthStatusManager.SERVICE_NAME_ALL_SERVICES, status);
    for (ServerServiceDefinition service : spec.services()) {
      health.setStatus(service.getServiceDescriptor().getName(), status);
    }
  }

  /**
   * Stops: health says NOT_SERVING, no new call is taken, running calls may end within {@code
   * grace}, the rest is cut off.
   *
   * @return whether all calls ended by themselves
   */
  public boolean stop(Duration grace) {
    health.enterTerminalState();
    server.shutdown();
    local.ifPresent(Server::shutdown);
    long end = System.nanoTime() + grace.toNanos();
    boolean ended = await(server, end) & local.map(s -> await(s, end)).orElse(true);
    if (!ended) {
      server.shutdownNow();
      local.ifPresent(Server::shutdownNow);
      long last = System.nanoTime() + TimeUnit.SECONDS.toNanos(1);
      await(server, last);
      local.ifPresent(s -> await(s, last));
    }
    local.flatMap(s -> spec.local()).ifPresent(RunningServer::delete);
    return ended;
  }

  @Override
  public void close() {
    stop(Duration.ZERO);
  }

  private static boolean await(Server server, long endNanos) {
    try {
      return server.awaitTermination(
          Math.max(0, endNanos - System.nanoTime()), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static void delete(Path socket) {
    try {
      Files.deleteIfExists(socket);
    } catch (IOException e) {
      LOG.debug("the socket {} stays behind: {}", socket, e.toString());
    }
  }
}
