package dev.switchboard.proto.codec;

import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.protobuf.services.HealthStatusManager;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** A server that listens. */
public final class RunningServer implements AutoCloseable {
  private final Server server;
  private final ServerSpec spec;
  private final HealthStatusManager health;

  RunningServer(Server server, ServerSpec spec, HealthStatusManager health) {
    this.server = server;
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
    boolean ended = await(grace);
    if (!ended) {
      server.shutdownNow();
      await(Duration.ofSeconds(1));
    }
    return ended;
  }

  @Override
  public void close() {
    stop(Duration.ZERO);
  }

  private boolean await(Duration time) {
    try {
      return server.awaitTermination(time.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
