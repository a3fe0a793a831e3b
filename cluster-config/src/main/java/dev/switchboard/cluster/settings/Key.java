package dev.switchboard.cluster.settings;

import java.util.Locale;

/**
 * One key.
 *
 * @param section the section that it stands in
 * @param name its name there; the settings record has a component of that name
 * @param kind what its values are
 * @param allowed default and range
 * @param meaning one or two sentences for the user
 */
record Key(String section, String name, Kind kind, Allowed allowed, String meaning) {
  /**
   * Default and range, written as a user would write them.
   *
   * @param standard the default; empty for unset
   * @param min smallest value; empty for any
   * @param max largest value; empty for any
   */
  record Allowed(String standard, String min, String max) {}

  /** {@code section.key}. */
  String path() {
    return section + "." + name;
  }

  /** Name of the environment variable that sets it. */
  String environment() {
    StringBuilder upper = new StringBuilder(environmentPrefix(section));
    for (char c : name.toCharArray()) {
      if (Character.isUpperCase(c)) {
        upper.append('_');
      }
      upper.append(Character.toUpperCase(c));
    }
    return upper.toString();
  }

  static String environmentPrefix(String section) {
    return "SWITCHBOARD_" + section.toUpperCase(Locale.ROOT) + "_";
  }

  /** The allowed values, for people; empty if any of the kind is. */
  String range() {
    return allowed.min().isEmpty() ? "" : allowed.min() + " to " + allowed.max();
  }

  /**
   * @return the typed value
   * @throws IllegalArgumentException saying what is expected
   */
  Object parse(String text) {
    Object value = kind.parse(text);
    if (!allowed.min().isEmpty() && !between(value)) {
      throw new IllegalArgumentException("expected " + range());
    }
    return value;
  }

  @SuppressWarnings("unchecked")
  private boolean between(Object value) {
    Comparable<Object> comparable = (Comparable<Object>) value;
    return comparable.compareTo(kind.parse(allowed.min())) >= 0
        && comparable.compareTo(kind.parse(allowed.max())) <= 0;
  }
}
