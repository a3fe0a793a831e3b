package dev.switchboard.cluster.settings;

import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/**
 * One key: a component of a settings record.
 *
 * @param section the section that it stands in
 * @param component the record's component
 * @param setting what its annotation says
 */
record Key(String section, RecordComponent component, Setting setting) {
  /** All keys of a settings record, in its order. */
  static List<Key> of(Class<? extends Record> type) {
    String section = sectionOf(type).name();
    return Arrays.stream(type.getRecordComponents())
        .map(component ->
            new Key(
                section,
                component,
                Objects.requireNonNull(
                    component.getAnnotation(Setting.class), component.getName())))
        .toList();
  }

  static Section sectionOf(Class<? extends Record> type) {
    return Objects.requireNonNull(type.getAnnotation(Section.class), type.getName());
  }

  /** {@code section.key}. */
  String path() {
    return section + "." + component.getName();
  }

  /** Name of the environment variable that sets it. */
  String environment() {
    String name = component.getName().replaceAll("([A-Z])", "_$1");
    return (environmentPrefix(section) + name).toUpperCase(Locale.ROOT);
  }

  static String environmentPrefix(String section) {
    return "SWITCHBOARD_" + section.toUpperCase(Locale.ROOT) + "_";
  }

  /** The kind of value, for people. */
  String typeName() {
    Class<?> type = component.getType();
    if (type == boolean.class) {
      return "true or false";
    }
    if (type == Duration.class) {
      return "time";
    }
    if (type == Optional.class) {
      return "path";
    }
    if (type == List.class) {
      return setting.addresses() ? "list of host:port" : "list";
    }
    if (type == String.class) {
      return "text";
    }
    return setting.bytes() ? "bytes" : "whole number";
  }

  /** The allowed values, for people; empty if any of the type is. */
  String range() {
    if (setting.min().isEmpty() && setting.max().isEmpty()) {
      return "";
    }
    if (setting.max().isEmpty()) {
      return "at least " + setting.min();
    }
    return setting.min() + " to " + setting.max();
  }

  /**
   * @return the typed value
   * @throws IllegalArgumentException saying what is expected
   */
  Object parse(String text) {
    Class<?> type = component.getType();
    if (type == Optional.class) {
      return Values.path(text);
    }
    if (type == boolean.class) {
      return Values.bool(text);
    }
    if (type == String.class) {
      return requireText(text);
    }
    if (type == List.class) {
      return addresses(text);
    }
    Object value = comparable(text);
    requireRange(value);
    return value;
  }

  private static String requireText(String text) {
    if (text.isBlank()) {
      throw new IllegalArgumentException("expected some text");
    }
    return text.strip();
  }

  private List<String> addresses(String text) {
    List<String> values = Values.list(text);
    if (setting.addresses()) {
      values.forEach(Values::requireAddress);
    }
    return values;
  }

  private Comparable<?> comparable(String text) {
    Class<?> type = component.getType();
    if (type == int.class) {
      return Values.integer(text.strip());
    }
    if (type == Duration.class) {
      return Values.duration(text.strip());
    }
    if (type == long.class) {
      return Values.bytes(text.strip());
    }
    throw new IllegalStateException(
        path() + ": settings of type " + type.getName() + " are not known");
  }

  @SuppressWarnings("unchecked")
  private void requireRange(Object value) {
    Comparable<Object> comparable = (Comparable<Object>) value;
    boolean low = !setting.min().isEmpty() && comparable.compareTo(comparable(setting.min())) < 0;
    boolean high = !setting.max().isEmpty() && comparable.compareTo(comparable(setting.max())) > 0;
    if (low || high) {
      throw new IllegalArgumentException("expected " + range());
    }
  }
}
