package dev.switchboard.proto.codec;

import io.grpc.ServerServiceDefinition;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;

/**
 * How a server listens.
 *
 * @param host address to bind; {@link #LOOPBACK} unless someone decided otherwise
 * @param port 0 picks a free one
 * @param maxMessageBytes largest message that is taken in
 * @param executor runs the handlers; {@code Runnable::run} where they never block
 * @param local file of a socket for processes of this host, beside the address; see {@link
 *     LocalSockets}
 * @param services what is served, beside health and reflection
 */
public record ServerSpec(
    String host,
    int port,
    int maxMessageBytes,
    Executor executor,
    Optional<Path> local,
    List<ServerServiceDefinition> services) {
  public static final String LOOPBACK = "127.0.0.1";

  /** 64 MiB: rows of 2,000 tokens of a model of width 8192. */
  public static final int DEFAULT_MAX_MESSAGE_BYTES = 64 << 20;

  static final Duration KEEP_ALIVE_EVERY = Duration.ofSeconds(10);
  static final Duration KEEP_ALIVE_TIMEOUT = Duration.ofSeconds(5);
  static final int FLOW_CONTROL_WINDOW_BYTES = 8 << 20;

  public ServerSpec {
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException("port " + port + ": must be 0 (any free port) to 65535");
    }
    if (maxMessageBytes <= 0) {
      throw new IllegalArgumentException(
          "maxMessageBytes " + maxMessageBytes + ": must be positive");
    }
    services = List.copyOf(services);
  }

  /** Without a local socket. */
  public ServerSpec(
      String host,
      int port,
      int maxMessageBytes,
      Executor executor,
      List<ServerServiceDefinition> services) {
    this(host, port, maxMessageBytes, executor, Optional.empty(), services);
  }

  /** A server on loopback whose handlers never block. */
  public static ServerSpec onLoopback(int port, ServerServiceDefinition... services) {
    return new ServerSpec(
        LOOPBACK, port, DEFAULT_MAX_MESSAGE_BYTES, Runnable::run, List.of(services));
  }
}
