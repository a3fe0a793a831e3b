package dev.switchboard.cluster.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import dev.switchboard.cluster.settings.MetricsAddress;
import dev.switchboard.cluster.testing.Scrape;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class MetricsServerTest {
  private final AtomicReference<Optional<String>> problem =
      new AtomicReference<>(Optional.of("not yet"));
  private final TimeBuckets times = TimeBuckets.from(Duration.ofMillis(1), 2);
  private MetricsServer server;

  private MetricSnapshots page() {
    MetricsPage page = new MetricsPage();
    page.info("test_kernels", "What computes.", "kind", "native \"x\"");
    page.count("test_steps", "Steps.", 7);
    page.family("test_bytes", "Bytes.").now(3, "state", "used").now(4, "state", "budget").end();
    page.family("test_seconds", "Times.").times(times.snapshot(), "way", "lane").end();
    page.family("test_empty", "Nobody was counted.").end();
    return ProcessMetrics.addTo(page).snapshots();
  }

  @BeforeEach
  void start() throws IOException {
    server = MetricsServer.start(new MetricsAddress("127.0.0.1", 0));
    server.tell(this::page, problem::get);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void aScrapeHasEveryKindOfValue() throws IOException {
    times.add(2_000_000);
    times.add(2_000_001);
    times.add(1_000_000_000_000L);

    Scrape scrape = Scrape.of(server.address());

    assertThat(scrape.value("test_kernels_info{kind=\"native \\\"x\\\"\"}")).isEqualTo(1);
    assertThat(scrape.value("test_steps_total")).isEqualTo(7);
    assertThat(scrape.value("test_bytes{state=\"budget\"}")).isEqualTo(4);
    assertThat(scrape.value("test_seconds_bucket{way=\"lane\",le=\"0.001\"}")).isEqualTo(0);
    assertThat(scrape.value("test_seconds_bucket{way=\"lane\",le=\"0.002\"}")).isEqualTo(1);
    assertThat(scrape.value("test_seconds_bucket{way=\"lane\",le=\"0.005\"}")).isEqualTo(2);
    assertThat(scrape.value("test_seconds_bucket{way=\"lane\",le=\"+Inf\"}")).isEqualTo(3);
    assertThat(scrape.value("test_seconds_count{way=\"lane\"}")).isEqualTo(3);
    assertThat(scrape.value("test_seconds_sum{way=\"lane\"}")).isEqualTo(1000.004000001);
    assertThat(scrape.sum("process_resident_memory_bytes")).isGreaterThan(1 << 20);
    assertThat(scrape.values()).doesNotContainKey("test_empty");
  }

  @Test
  void openMetricsIsGivenToWhoAsksForIt() throws IOException {
    HttpURLConnection asked =
        (HttpURLConnection)
            URI.create("http://" + server.address() + "/metrics").toURL().openConnection();
    asked.setRequestProperty("Accept", "application/openmetrics-text; version=1.0.0");
    try (InputStream body = asked.getInputStream()) {
      assertThat(asked.getContentType()).startsWith("application/openmetrics-text");
      assertThat(new String(body.readAllBytes(), StandardCharsets.UTF_8)).endsWith("# EOF\n");
    }
  }

  @Test
  void aliveIsNotYetReady() throws IOException {
    assertThat(Scrape.get(server.address(), "/healthz").statusCode()).isEqualTo(200);
    assertThat(Scrape.get(server.address(), "/readyz").statusCode()).isEqualTo(503);
    assertThat(Scrape.get(server.address(), "/readyz").body()).isEqualTo("not yet\n");

    problem.set(Optional.empty());

    assertThat(Scrape.get(server.address(), "/readyz").statusCode()).isEqualTo(200);
  }

  @Test
  void whoeverHasNothingToTellYetLivesAndIsNotReady() throws IOException {
    try (MetricsServer early = MetricsServer.start(new MetricsAddress("127.0.0.1", 0))) {
      assertThat(Scrape.get(early.address(), "/healthz").statusCode()).isEqualTo(200);
      assertThat(Scrape.get(early.address(), "/readyz").statusCode()).isEqualTo(503);
      assertThat(Scrape.of(early.address()).sum("process_resident_memory_bytes")).isPositive();
    }
    assertThat(MetricsServer.start(Optional.empty())).isEmpty();
  }

  @Test
  void whatIsNotThereIsSaidToBeMissing() throws IOException {
    assertThat(Scrape.get(server.address(), "/metricsX").statusCode()).isEqualTo(404);
    assertThat(Scrape.get(server.address(), "/").statusCode()).isEqualTo(200);
    HttpURLConnection posted =
        (HttpURLConnection)
            URI.create("http://" + server.address() + "/metrics").toURL().openConnection();
    posted.setRequestMethod("POST");
    assertThat(posted.getResponseCode()).isEqualTo(405);
  }

  @Test
  void numbersThatCannotBeTakenAreAnErrorOfThisAnswerAlone() throws IOException {
    try (MetricsServer broken = MetricsServer.start(new MetricsAddress("127.0.0.1", 0))) {
      broken.tell(
          () -> {
            throw new IllegalStateException("no numbers");
          },
          problem::get);
      assertThat(Scrape.get(broken.address(), "/metrics").statusCode()).isEqualTo(500);
      assertThat(Scrape.get(broken.address(), "/healthz").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void aClientThatSaysNothingIsCutOff() throws IOException {
    int port = Integer.parseInt(server.address().split(":")[1]);
    try (Socket silent = new Socket("127.0.0.1", port)) {
      silent.getOutputStream().write("GET /metr".getBytes(StandardCharsets.UTF_8));
      silent.getOutputStream().flush();

      assertThat(Scrape.of(server.address()).value("test_steps_total")).isEqualTo(7);
    }
  }

  @Test
  void aPortThatIsTakenIsNamed() {
    int port = Integer.parseInt(server.address().split(":")[1]);

    assertThatIOException()
        .isThrownBy(() -> MetricsServer.start(new MetricsAddress("127.0.0.1", port)))
        .withMessageContaining("127.0.0.1:" + port);
  }

  @Test
  void itsThreadEndsWithIt() {
    assertThat(dispatchers()).isPositive();

    server.close();

    Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> dispatchers() == 0);
  }

  private static long dispatchers() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("HTTP-Dispatcher"))
        .count();
  }
}
