package dev.switchboard.cluster.metrics;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.switchboard.cluster.settings.MetricsAddress;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.ExpositionFormats;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code /metrics}, {@code /healthz} and {@code /readyz} over HTTP, by the JDK's server: one thread
 * that accepts, reads and answers, one request after the other. A client that is slow is cut off,
 * so that it does not keep the next one waiting.
 */
public final class MetricsServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(MetricsServer.class);
  private static final ExpositionFormats FORMATS = ExpositionFormats.init();
  private static final String TEXT = "text/plain; charset=utf-8";
  private static final int MOST_WAITING = 16;

  private final HttpServer server;
  private final String host;
  private volatile Told told = Told.BEGINNING;

  private MetricsServer(HttpServer server, String host) {
    this.server = server;
    this.host = host;
    server.createContext("/metrics", exchange -> handle(exchange, "/metrics", this::page));
    server.createContext(
        "/healthz", exchange -> handle(exchange, "/healthz", _ -> text(200, "ok\n")));
    server.createContext("/readyz", exchange -> handle(exchange, "/readyz", _ -> readiness()));
    server.createContext(
        "/", exchange -> handle(exchange, "/", _ -> text(200, "/metrics /healthz /readyz\n")));
  }

  /** Who answers. */
  private record Told(Supplier<MetricSnapshots> metrics, Supplier<Optional<String>> notReady) {
    static final Told BEGINNING =
        new Told(
            () -> ProcessMetrics.addTo(new MetricsPage()).snapshots(),
            () -> Optional.of("the process starts"));
  }

  private record Answer(int status, String type, byte[] body) {}

  private interface Page {
    Answer of(HttpExchange exchange) throws IOException;
  }

  /**
   * Listens from now on. Until it is told more, the process lives, is not ready, and has the
   * metrics that all processes have: whoever loads for minutes, or waits for others, is seen to
   * live.
   *
   * @throws IOException naming the address, if it cannot be listened on
   */
  public static MetricsServer start(MetricsAddress at) throws IOException {
    // The JDK's server reads these once; whoever set them knows why.
    setIfUnset("sun.net.httpserver.maxReqTime", "2");
    setIfUnset("sun.net.httpserver.maxRspTime", "10");
    setIfUnset("jdk.httpserver.maxConnections", "64");
    HttpServer server;
    try {
      server = HttpServer.create(new InetSocketAddress(at.host(), at.port()), MOST_WAITING);
    } catch (IOException | IllegalArgumentException e) {
      throw new IOException(
          "cannot listen on %s:%d for metrics: %s".formatted(at.host(), at.port(), e.getMessage()),
          e);
    }
    MetricsServer started = new MetricsServer(server, at.host());
    server.start();
    return started;
  }

  /** The same at an address that may not be wanted. */
  public static Optional<MetricsServer> start(Optional<MetricsAddress> at) throws IOException {
    return at.isPresent() ? Optional.of(start(at.get())) : Optional.empty();
  }

  /**
   * What there is to tell from now on.
   *
   * @param metrics taken anew for each reader
   * @param notReady why the process cannot answer its callers now; empty if it can
   */
  public void tell(Supplier<MetricSnapshots> metrics, Supplier<Optional<String>> notReady) {
    told = new Told(metrics, notReady);
  }

  private static void setIfUnset(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }

  /** {@code host:port}. */
  public String address() {
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + server.getAddress().getPort();
  }

  private Answer page(HttpExchange exchange) throws IOException {
    ExpositionFormatWriter writer =
        FORMATS.findWriter(exchange.getRequestHeaders().getFirst("Accept"));
    ByteArrayOutputStream body = new ByteArrayOutputStream(1 << 14);
    writer.write(body, told.metrics().get());
    return new Answer(200, writer.getContentType(), body.toByteArray());
  }

  private Answer readiness() {
    return told.notReady()
        .get()
        .map(why -> text(503, why + "\n"))
        .orElseGet(() -> text(200, "ready\n"));
  }

  private static Answer text(int status, String body) {
    return new Answer(status, TEXT, body.getBytes(StandardCharsets.UTF_8));
  }

  private void handle(HttpExchange exchange, String path, Page page) throws IOException {
    try (exchange) {
      Answer answer = answer(exchange, path, page);
      exchange.getResponseHeaders().set("Content-Type", answer.type());
      boolean head = exchange.getRequestMethod().equals("HEAD");
      exchange.sendResponseHeaders(answer.status(), head ? -1 : answer.body().length);
      if (!head) {
        exchange.getResponseBody().write(answer.body());
      }
    }
  }

  private static Answer answer(HttpExchange exchange, String path, Page page) throws IOException {
    String method = exchange.getRequestMethod();
    if (!method.equals("GET") && !method.equals("HEAD")) {
      exchange.getResponseHeaders().set("Allow", "GET, HEAD");
      return text(405, "this is read only\n");
    }
    if (!exchange.getRequestURI().getPath().equals(path)) {
      return text(404, "there are /metrics, /healthz and /readyz\n");
    }
    try {
      return page.of(exchange);
    } catch (RuntimeException e) {
      LOG.warn("{} could not be told", path, e);
      return text(500, "this could not be told; see the log\n");
    }
  }

  /** Listens no more; its thread ends. */
  @Override
  public void close() {
    server.stop(0);
  }
}
