package dev.switchboard.model.checkpoint;

import java.lang.foreign.MemorySegment;

/** One value of a GGUF file's metadata, of the very type that it has in the file. */
sealed interface GgufValue {
  GgufType type();

  /** A whole number; an unsigned one beyond 2^63 - 1 is negative here. */
  record Whole(GgufType type, long value) implements GgufValue {}

  record Real(GgufType type, double value) implements GgufValue {}

  record Flag(boolean value) implements GgufValue {
    @Override
    public GgufType type() {
      return GgufType.BOOL;
    }
  }

  record Text(String value) implements GgufValue {
    @Override
    public GgufType type() {
      return GgufType.STRING;
    }
  }

  /**
   * An array.
   *
   * @param element no array
   * @param raw the elements as they lie in the file, not yet decoded; in memory of its own
   */
  record Many(GgufType element, int count, MemorySegment raw) implements GgufValue {
    @Override
    public GgufType type() {
      return GgufType.ARRAY;
    }
  }

  /** {@code array of 3 STRING}, for messages. */
  static String describe(GgufValue value) {
    return switch (value) {
      case Whole(GgufType type, long whole) ->
          "the %s %s"
              .formatted(
                  type,
                  type == GgufType.UINT64 ? Long.toUnsignedString(whole) : Long.toString(whole));
      case Real(GgufType type, double real) -> "the %s %s".formatted(type, real);
      case Flag(boolean flag) -> "the BOOL " + flag;
      case Text(String text) ->
          "the STRING \"%s\"".formatted(text.length() > 40 ? text.substring(0, 40) + "…" : text);
      case Many(GgufType element, int count, MemorySegment _) ->
          "an array of %s %s".formatted(count, element);
    };
  }
}
