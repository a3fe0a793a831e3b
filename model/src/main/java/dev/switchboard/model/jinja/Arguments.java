package dev.switchboard.model.jinja;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Arguments of a call.
 *
 * @param of what is called, for messages
 */
record Arguments(String of, List<Object> values, Map<String, Object> named) {
  Arguments {
    values = List.copyOf(values);
  }

  /** Refuses what a function of these parameters does not take. */
  Arguments upTo(String... parameters) {
    if (values.size() > parameters.length) {
      throw new JinjaException(
          "%s takes %s arguments at most, %s were given"
              .formatted(of, parameters.length, values.size()));
    }
    Set<String> known = Set.of(parameters);
    for (String name : named.keySet()) {
      if (!known.contains(name)) {
        throw new JinjaException("%s: argument \"%s\" is not supported".formatted(of, name));
      }
    }
    return this;
  }

  /** An argument by its place or its name. */
  Object get(int place, String name, Object fallback) {
    return place < values.size() ? values.get(place) : named.getOrDefault(name, fallback);
  }

  boolean has(int place, String name) {
    return place < values.size() || named.containsKey(name);
  }

  Object get(int place, String name) {
    if (!has(place, name)) {
      throw new JinjaException("%s: argument \"%s\" is missing".formatted(of, name));
    }
    return get(place, name, None.NONE);
  }

  String text(int place, String name) {
    if (get(place, name) instanceof String text) {
      return text;
    }
    throw wrong(name, "a string");
  }

  String text(int place, String name, String fallback) {
    return has(place, name) && get(place, name) != None.NONE ? text(place, name) : fallback;
  }

  int whole(int place, String name, int fallback) {
    Object value = get(place, name, (long) fallback);
    if (value == None.NONE) {
      return fallback;
    }
    if (!Numbers.isWhole(value)) {
      throw wrong(name, "a whole number");
    }
    return Math.clamp(Numbers.whole(value), Integer.MIN_VALUE, Integer.MAX_VALUE);
  }

  boolean flag(int place, String name, boolean fallback) {
    return Values.truth(get(place, name, fallback));
  }

  private JinjaException wrong(String name, String expected) {
    return new JinjaException("%s: argument \"%s\": expected %s".formatted(of, name, expected));
  }
}
