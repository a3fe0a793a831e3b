package dev.switchboard.model.jinja;

import java.util.LinkedHashMap;
import java.util.Map;

/** What {@code namespace()} makes: the one thing that a loop can change outside of itself. */
final class Namespace {
  private final Map<String, Object> values = new LinkedHashMap<>();

  void set(String name, Object value) {
    values.put(name, value);
  }

  Object get(String name) {
    Object value = values.get(name);
    return value == null
        ? new Undefined("'namespace object' has no attribute '" + name + "'")
        : value;
  }
}
