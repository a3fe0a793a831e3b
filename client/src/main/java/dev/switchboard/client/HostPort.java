package dev.switchboard.client;

/** Where a router listens. IPv6 addresses are written in brackets: {@code [::1]:7300}. */
public record HostPort(String host, int port) {
  public HostPort {
    if (host.isBlank() || port < 1 || port > 65535) {
      throw new IllegalArgumentException("'" + host + ":" + port + "' is no HOST:PORT");
    }
  }

  /**
   * Reads {@code HOST:PORT}.
   *
   * @throws IllegalArgumentException naming the text when it is not of this form
   */
  public static HostPort parse(String text) {
    int colon = text.lastIndexOf(':');
    try {
      String host = text.substring(0, Math.max(colon, 0));
      if (host.startsWith("[") && host.endsWith("]")) {
        host = host.substring(1, host.length() - 1);
      }
      return new HostPort(host, Integer.parseInt(text.substring(colon + 1)));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "'" + text + "' is no HOST:PORT (for example 127.0.0.1:7300)", e);
    }
  }

  @Override
  public String toString() {
    return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
  }
}
