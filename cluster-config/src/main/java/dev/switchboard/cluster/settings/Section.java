package dev.switchboard.cluster.settings;

import java.util.ArrayList;
import java.util.List;

/**
 * The keys of one section of a settings file, described in one place: default, allowed range and
 * meaning. Plain code instead of annotations, because reading annotations costs a starting process
 * 60 ms.
 */
final class Section {
  private final String name;
  private final String doc;
  private final List<Key> keys = new ArrayList<>();

  /**
   * @param doc what has these settings
   */
  Section(String name, String doc) {
    this.name = name;
    this.doc = doc;
  }

  String name() {
    return name;
  }

  String doc() {
    return doc;
  }

  List<Key> keys() {
    return List.copyOf(keys);
  }

  /** Start of the names of its environment variables. */
  String environmentPrefix() {
    return Key.environmentPrefix(name);
  }

  Section text(String key, String standard, String meaning) {
    return add(key, Kind.TEXT, new Key.Allowed(standard, "", ""), meaning);
  }

  Section flag(String key, boolean standard, String meaning) {
    return add(key, Kind.FLAG, new Key.Allowed(String.valueOf(standard), "", ""), meaning);
  }

  Section path(String key, String meaning) {
    return add(key, Kind.PATH, new Key.Allowed("", "", ""), meaning);
  }

  Section addresses(String key, String meaning) {
    return add(key, Kind.ADDRESSES, new Key.Allowed("", "", ""), meaning);
  }

  Section integer(String key, int standard, int min, int max, String meaning) {
    Key.Allowed allowed =
        new Key.Allowed(String.valueOf(standard), String.valueOf(min), String.valueOf(max));
    return add(key, Kind.INTEGER, allowed, meaning);
  }

  Section time(String key, String standard, String min, String max, String meaning) {
    return add(key, Kind.TIME, new Key.Allowed(standard, min, max), meaning);
  }

  Section bytes(String key, String standard, String min, String max, String meaning) {
    return add(key, Kind.BYTES, new Key.Allowed(standard, min, max), meaning);
  }

  private Section add(String key, Kind kind, Key.Allowed allowed, String meaning) {
    keys.add(new Key(name, key, kind, allowed, meaning));
    return this;
  }
}
