package dev.switchboard.cluster.lease;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/**
 * A Lease of Kubernetes ({@code coordination.k8s.io/v1}), over its API. The entry of a version is
 * an annotation, so that one object, and a role for it alone, does for all; {@code spec} says the
 * same for people and their tools.
 */
final class KubernetesLease implements LeaseStore {
  private static final Duration PATIENCE = Duration.ofSeconds(3);
  private static final int OK = 200;
  private static final int CONFLICT = 409;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final ServiceAccount account;
  private final HttpClient client;
  private final URI uri;
  private final String annotation;
  private final Duration term;
  private ObjectNode last = JSON.createObjectNode();

  /**
   * @param name of the Lease, which is there
   * @param version names the entry
   */
  KubernetesLease(ServiceAccount account, String name, String version, Duration term)
      throws IOException {
    this.account = account;
    this.client = account.client();
    this.uri =
        account
            .server()
            .resolve(
                "/apis/coordination.k8s.io/v1/namespaces/%s/leases/%s"
                    .formatted(account.namespace(), name));
    this.annotation = "switchboard.dev/leader-" + version;
    this.term = term;
  }

  @Override
  public Read read() throws IOException, InterruptedException {
    HttpResponse<String> answer = send(request().GET().build());
    if (answer.statusCode() != OK) {
      throw unexpected("read", answer);
    }
    if (!(parsed(answer.body()) instanceof ObjectNode lease)) {
      throw new IOException("lease " + uri + " is no JSON object");
    }
    last = lease;
    JsonNode metadata = lease.path("metadata");
    Optional<LeaseEntry> entry =
        LeaseEntry.parse(metadata.path("annotations").path(annotation).asText(""));
    return new Read(entry, metadata.path("resourceVersion").asText(""));
  }

  private JsonNode parsed(String body) throws IOException {
    try {
      return JSON.readTree(body);
    } catch (JsonProcessingException e) {
      throw new IOException("lease " + uri + " is no JSON: " + e.getOriginalMessage(), e);
    }
  }

  @Override
  public boolean write(Read before, Optional<LeaseEntry> entry)
      throws IOException, InterruptedException {
    ObjectNode next = last.deepCopy();
    ObjectNode metadata = next.withObject("/metadata");
    metadata.put("resourceVersion", before.tag());
    metadata.remove("managedFields");
    ObjectNode annotations = metadata.withObject("/annotations");
    ObjectNode spec = next.withObject("/spec");
    if (entry.isEmpty()) {
      annotations.remove(annotation);
      spec.remove("holderIdentity");
    } else {
      annotations.put(annotation, entry.get().text());
      spec.put("holderIdentity", entry.get().holder());
      spec.put("leaseDurationSeconds", Math.toIntExact(term.toSeconds()));
      // Six digits behind the point: what Kubernetes calls MicroTime.
      String now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
      spec.put("renewTime", now.replace("Z", ".000000Z"));
    }
    HttpResponse<String> answer =
        send(
            request()
                .header("Content-Type", "application/json")
                .PUT(BodyPublishers.ofString(JSON.writeValueAsString(next)))
                .build());
    if (answer.statusCode() == CONFLICT) {
      return false;
    }
    if (answer.statusCode() != OK) {
      throw unexpected("write", answer);
    }
    return true;
  }

  private HttpRequest.Builder request() throws IOException {
    // Read anew each time: Kubernetes replaces it while the pod runs.
    String token = Files.readString(account.token()).strip();
    return HttpRequest.newBuilder(uri)
        .timeout(PATIENCE)
        .header("Accept", "application/json")
        .header("Authorization", "Bearer " + token);
  }

  private HttpResponse<String> send(HttpRequest request) throws IOException, InterruptedException {
    try {
      return client.send(request, BodyHandlers.ofString());
    } catch (IOException e) {
      throw new IOException("lease " + uri + ": " + e, e);
    }
  }

  private IOException unexpected(String what, HttpResponse<String> answer) {
    return new IOException(
        "lease %s cannot be %s: status %d"
            .formatted(uri, what.equals("read") ? "read" : "written", answer.statusCode()));
  }
}
