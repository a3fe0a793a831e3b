package dev.switchboard.cluster.settings;

import java.util.Optional;

/**
 * Where a process tells its metrics.
 *
 * @param host address to listen on
 * @param port 0 takes a free one
 */
public record MetricsAddress(String host, int port) {
  static final String OFF = "off";
  static final String MEANING =
      "Where metrics (`/metrics`, as Prometheus reads them), `/healthz` and `/readyz` are told over HTTP: `off`, or"
          + " host:port, as `127.0.0.1:9464`; port 0 takes a free one, which the ready line names. There is no"
          + " password: listen where only those who may read it can come.";

  private static final int MOST_PORT = 65535;

  /** Empty for {@code off}. */
  static Optional<MetricsAddress> of(String key, String text) {
    if (text.equals(OFF)) {
      return Optional.empty();
    }
    int colon = text.lastIndexOf(':');
    String host = colon < 0 ? "" : text.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    } else if (host.indexOf(':') >= 0) {
      host = "";
    }
    String port = text.substring(colon + 1);
    Contradictions.require(
        !host.isBlank() && port.matches("\\d{1,5}") && Integer.parseInt(port) <= MOST_PORT,
        "%s is \"%s\"; expected off, or an address as 127.0.0.1:9464",
        key,
        text);
    return Optional.of(new MetricsAddress(host, Integer.parseInt(port)));
  }
}
