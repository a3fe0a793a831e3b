package dev.switchboard.cluster.settings;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** The typed values of one section, by key name. */
final class Chosen {
  private final Map<String, Object> values;

  Chosen(Map<String, Object> values) {
    this.values = values;
  }

  String text(String name) {
    return (String) get(name);
  }

  boolean flag(String name) {
    return (Boolean) get(name);
  }

  int integer(String name) {
    return (Integer) get(name);
  }

  long bytes(String name) {
    return (Long) get(name);
  }

  Duration time(String name) {
    return (Duration) get(name);
  }

  @SuppressWarnings("unchecked")
  Optional<Path> path(String name) {
    return (Optional<Path>) get(name);
  }

  @SuppressWarnings("unchecked")
  List<String> addresses(String name) {
    return (List<String>) get(name);
  }

  private Object get(String name) {
    return Objects.requireNonNull(values.get(name), name);
  }
}
