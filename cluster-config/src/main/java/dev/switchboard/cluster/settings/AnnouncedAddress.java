package dev.switchboard.cluster.settings;

import java.util.Optional;

/** Where others call a process that stands behind something. */
public record AnnouncedAddress(String host, int port) {
  static final String OFF = "off";

  /** Empty for {@code off}. */
  static Optional<AnnouncedAddress> of(String key, String text) {
    Optional<AnnouncedAddress> address =
        MetricsAddress.of(key, text).map(told -> new AnnouncedAddress(told.host(), told.port()));
    Contradictions.require(
        address.isEmpty() || address.get().port() > 0,
        "%s is \"%s\"; expected a port that can be called, not 0",
        key,
        text);
    return address;
  }
}
