package dev.switchboard.cluster.lease;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * What a pod is given to ask the API of its Kubernetes.
 *
 * @param server of the API
 * @param authority file of certificates that the server's is signed by; empty: no TLS
 * @param token file of the token to be shown
 */
public record ServiceAccount(URI server, Optional<Path> authority, Path token, String namespace) {
  private static final Path FOLDER = Path.of("/var/run/secrets/kubernetes.io/serviceaccount");
  private static final Duration CONNECT = Duration.ofSeconds(2);

  /**
   * That of this pod.
   *
   * @throws IOException naming what is missing, where this is none
   */
  public static ServiceAccount ofPod(Map<String, String> environment) throws IOException {
    return of(environment, FOLDER);
  }

  static ServiceAccount of(Map<String, String> environment, Path folder) throws IOException {
    String host = environment.getOrDefault("KUBERNETES_SERVICE_HOST", "");
    String port = environment.getOrDefault("KUBERNETES_SERVICE_PORT", "443");
    if (host.isEmpty()) {
      throw new IOException(
          "grid.lease is set, and KUBERNETES_SERVICE_HOST is not: this is no pod");
    }
    Path namespace = folder.resolve("namespace");
    if (!Files.isReadable(namespace)) {
      throw new IOException(
          "grid.lease is set, and there is no %s: the pod has no token of a service account"
              .formatted(namespace));
    }
    String name = host.contains(":") && !host.startsWith("[") ? "[" + host + "]" : host;
    return new ServiceAccount(
        URI.create("https://" + name + ":" + port),
        Optional.of(folder.resolve("ca.crt")),
        folder.resolve("token"),
        Files.readString(namespace).strip());
  }

  HttpClient client() throws IOException {
    HttpClient.Builder client =
        HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(CONNECT);
    if (authority.isPresent()) {
      client.sslContext(trusting(authority.get()));
    }
    return client.build();
  }

  private static SSLContext trusting(Path certificates) throws IOException {
    try (InputStream in = Files.newInputStream(certificates)) {
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      int number = 0;
      for (Certificate one : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
        store.setCertificateEntry("ca-" + number++, one);
      }
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(store);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trust.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IOException(certificates + ": " + e.getMessage(), e);
    }
  }
}
