package dev.switchboard.cluster.settings;

/** The kinds of values that a key can have. */
enum Kind {
  TEXT("text"),
  FLAG("true or false"),
  INTEGER("whole number"),
  TIME("time"),
  BYTES("bytes"),
  PATH("path"),
  ADDRESSES("list of host:port");

  private final String label;

  Kind(String label) {
    this.label = label;
  }

  /** The kind, for people. */
  String label() {
    return label;
  }

  /**
   * @return the typed value: String, Boolean, Integer, Duration, Long, Optional of Path, or List of
   *     String
   * @throws IllegalArgumentException saying what was expected
   */
  Object parse(String given) {
    String text = given.strip();
    return switch (this) {
      case TEXT -> Values.text(text);
      case FLAG -> Values.flag(text);
      case INTEGER -> Values.integer(text);
      case TIME -> Values.time(text);
      case BYTES -> Values.bytes(text);
      case PATH -> Values.path(text);
      case ADDRESSES -> Values.addresses(text);
    };
  }
}
