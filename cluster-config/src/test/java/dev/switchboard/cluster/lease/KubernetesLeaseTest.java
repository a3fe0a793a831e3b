package dev.switchboard.cluster.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.switchboard.cluster.ServedVersion;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against a server that keeps one Lease as Kubernetes does. */
class KubernetesLeaseTest {
  private static final String PATH = "/apis/coordination.k8s.io/v1/namespaces/ai/leases/moe";
  private static final ServedVersion VERSION = new ServedVersion("model", "2");
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;
  private final List<String> tokens = new ArrayList<>();
  private final AtomicLong nanos = new AtomicLong();
  private HttpServer server;
  private ObjectNode lease;
  private int version = 1;
  private int broken;

  @BeforeEach
  void serve() throws IOException {
    lease = JSON.createObjectNode();
    lease.withObject("/metadata").put("name", "moe").put("resourceVersion", "1");
    lease.withObject("/spec");
    // The JDK's servers read it once for all of them: whoever is the first in a JVM has the limit.
    System.setProperty("sun.net.httpserver.maxReqTime", "2");
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.start();
    Files.writeString(folder.resolve("token"), "secret-1\n");
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private synchronized void answer(HttpExchange call) throws IOException {
    tokens.add(call.getRequestHeaders().getFirst("Authorization"));
    int status = 200;
    if (broken != 0) {
      status = broken;
    } else if (!call.getRequestURI().getPath().equals(PATH)) {
      status = 404;
    } else if (call.getRequestMethod().equals("PUT")) {
      status = put(JSON.readTree(call.getRequestBody()));
    }
    byte[] body = JSON.writeValueAsString(lease).getBytes(StandardCharsets.UTF_8);
    call.sendResponseHeaders(status, body.length);
    call.getResponseBody().write(body);
    call.close();
  }

  private int put(JsonNode next) {
    JsonNode tag = next.path("metadata").path("resourceVersion");
    if (!tag.asText().equals(Integer.toString(version))) {
      return 409;
    }
    lease = (ObjectNode) next;
    lease.withObject("/metadata").put("resourceVersion", Integer.toString(++version));
    return 200;
  }

  private KubernetesLease store(String name, ServedVersion of) throws IOException {
    URI uri = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    ServiceAccount account =
        new ServiceAccount(uri, Optional.empty(), folder.resolve("token"), "ai");
    return new KubernetesLease(account, name, LeaderLease.nameOf(of), LeaderLease.TERM);
  }

  @Test
  void whatIsWrittenIsReadAndWhoWasSlowerWritesNothing() throws Exception {
    KubernetesLease one = store("moe", VERSION);
    KubernetesLease other = store("moe", VERSION);
    LeaseStore.Read nobody = one.read();
    LeaseStore.Read alike = other.read();
    assertThat(nobody.entry()).isEmpty();
    LeaseEntry entry = new LeaseEntry("r1", 1);
    assertThat(one.write(nobody, Optional.of(entry))).isTrue();
    assertThat(other.write(alike, Optional.of(new LeaseEntry("r2", 1)))).isFalse();
    assertThat(other.read().entry()).contains(entry);
    assertThat(lease.path("spec").path("holderIdentity").asText()).isEqualTo("r1");
    assertThat(lease.path("spec").path("renewTime").asText())
        .matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z");
    Files.writeString(folder.resolve("token"), "secret-2\n");
    one.read();
    assertThat(tokens).startsWith("Bearer secret-1").endsWith("Bearer secret-2");
  }

  @Test
  void eachVersionHasAnEntryOfItsOwn() throws Exception {
    KubernetesLease old = store("moe", VERSION);
    KubernetesLease next = store("moe", new ServedVersion("model", "3"));
    old.write(old.read(), Optional.of(new LeaseEntry("r1", 1)));
    next.write(next.read(), Optional.of(new LeaseEntry("r2", 1)));
    assertThat(old.read().entry()).contains(new LeaseEntry("r1", 1));
    assertThat(next.read().entry()).contains(new LeaseEntry("r2", 1));
    old.write(old.read(), Optional.empty());
    assertThat(old.read().entry()).isEmpty();
    assertThat(next.read().entry()).isPresent();
  }

  @Test
  void whatFailsSaysWhatItWas() throws IOException {
    KubernetesLease none = store("other", VERSION);
    assertThatThrownBy(none::read).hasMessageContaining("leases/other").hasMessageContaining("404");
    broken = 403;
    KubernetesLease forbidden = store("moe", VERSION);
    assertThatThrownBy(forbidden::read).hasMessageContaining("status 403");
    server.stop(0);
    assertThatThrownBy(forbidden::read).hasMessageContaining("leases/moe");
  }

  @Test
  void theLeadGoesOverWhenItsHolderIsSilentAndBackWhenItIsGiven() throws Exception {
    AtomicInteger changes = new AtomicInteger();
    LeaderLease one = lease("r1", changes);
    LeaderLease two = lease("r2", changes);
    one.attempt();
    two.attempt();
    assertThat(one.leads()).isTrue();
    assertThat(two.leads()).isFalse();
    assertThat(two.holder()).contains("r1");
    nanos.addAndGet(LeaderLease.TERM.toNanos());
    two.attempt();
    assertThat(one.leads()).isFalse();
    assertThat(two.leads()).isTrue();
    one.attempt();
    assertThat(one.leads()).isFalse();
    assertThat(one.holder()).contains("r2");
    assertThat(changes).hasValue(4);
    broken = 500;
    two.attempt();
    assertThat(two.leads()).isTrue();
    nanos.addAndGet(LeaderLease.TERM.toNanos());
    two.attempt();
    assertThat(two.leads()).isFalse();
  }

  private LeaderLease lease(String router, AtomicInteger changes) throws IOException {
    return new LeaderLease(
        router, store("moe", VERSION), Duration.ofHours(1), nanos::get, changes::incrementAndGet);
  }

  @Test
  void aServiceAccountIsThatOfThePod() throws IOException {
    assertThatThrownBy(() -> ServiceAccount.of(Map.of(), folder))
        .hasMessageContaining("KUBERNETES_SERVICE_HOST");
    Map<String, String> pod =
        Map.of("KUBERNETES_SERVICE_HOST", "fd00::1", "KUBERNETES_SERVICE_PORT", "6443");
    assertThatThrownBy(() -> ServiceAccount.of(pod, folder)).hasMessageContaining("namespace");
    Files.writeString(folder.resolve("namespace"), "ai\n");
    ServiceAccount account = ServiceAccount.of(pod, folder);
    assertThat(account.server()).isEqualTo(URI.create("https://[fd00::1]:6443"));
    assertThat(account.namespace()).isEqualTo("ai");
    Files.writeString(folder.resolve("ca.crt"), "no certificate");
    assertThatThrownBy(account::client).hasMessageContaining("ca.crt");
  }
}
