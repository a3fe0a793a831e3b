package dev.switchboard.model.jinja;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the filter {@code tojson} writes: as Python's {@code json.dumps}, characters as they are.
 */
final class Json {
  private final Budget budget;
  private final int indent;
  private final String comma;
  private final String colon;
  private final boolean sorted;
  private final boolean ascii;
  private final StringBuilder out = new StringBuilder();

  private Json(Arguments arguments, Budget budget) {
    this.budget = budget;
    this.indent = indent(arguments);
    List<Object> separators = Values.items(separators(arguments), budget);
    this.comma =
        separators.isEmpty()
            ? (indent < 0 ? ", " : ",")
            : Values.text(separators.getFirst(), budget);
    this.colon = separators.isEmpty() ? ": " : Values.text(separators.getLast(), budget);
    this.sorted = arguments.flag(3, "sort_keys", false);
    this.ascii = arguments.flag(0, "ensure_ascii", false);
  }

  static String write(Object value, Arguments arguments, Budget budget) {
    arguments.upTo("ensure_ascii", "indent", "separators", "sort_keys");
    Json json = new Json(arguments, budget);
    json.value(value, 0);
    return json.out.toString();
  }

  private static int indent(Arguments arguments) {
    int indent = arguments.whole(1, "indent", -1);
    if (indent > 64) {
      throw new JinjaException(arguments.of() + ": indent " + indent + " is too large");
    }
    return indent;
  }

  private static Object separators(Arguments arguments) {
    Object given = arguments.get(2, "separators", None.NONE);
    if (given != None.NONE && Values.length(given) != 2) {
      throw new JinjaException(arguments.of() + ": separators: expected two");
    }
    return given == None.NONE ? List.of() : given;
  }

  private void value(Object value, int level) {
    budget.enter();
    switch (value) {
      case String text -> quoted(text);
      case Boolean flag -> out.append(flag ? "true" : "false");
      case Long whole -> out.append(whole);
      case Double real -> out.append(number(real));
      case None none -> out.append("null");
      case List<?> list -> list(list, level);
      case Tuple tuple -> list(tuple.items(), level);
      case Map<?, ?> map -> object(map, level);
      case Undefined undefined -> throw undefined.failure();
      default -> throw new JinjaException("tojson: '%s' is no JSON".formatted(Values.type(value)));
    }
    budget.leave();
    budget.room(out.length());
  }

  private static String number(double real) {
    return Double.isNaN(real)
        ? "NaN"
        : Double.isInfinite(real) ? (real > 0 ? "Infinity" : "-Infinity") : Numbers.text(real);
  }

  private void list(List<?> list, int level) {
    out.append('[');
    for (int i = 0; i < list.size(); i++) {
      between(i, level + 1);
      value(list.get(i), level + 1);
    }
    close(']', list.isEmpty(), level);
  }

  private void object(Map<?, ?> map, int level) {
    out.append('{');
    Map<String, Object> entries = sorted ? new TreeMap<>() : new LinkedHashMap<>();
    map.forEach((key, value) -> entries.put(key(key), value));
    int i = 0;
    for (Map.Entry<String, Object> entry : entries.entrySet()) {
      between(i++, level + 1);
      quoted(entry.getKey());
      out.append(colon);
      value(entry.getValue(), level + 1);
    }
    close('}', map.isEmpty(), level);
  }

  private static String key(Object key) {
    return switch (key) {
      case String text -> text;
      case None none -> "null";
      case Long whole -> Long.toString(whole);
      case Double real -> number(real);
      default -> throw new JinjaException("tojson: a key is '" + Values.type(key) + "'");
    };
  }

  private void between(int place, int level) {
    out.append(place == 0 ? "" : comma);
    line(level);
  }

  private void close(char bracket, boolean empty, int level) {
    if (!empty) {
      line(level);
    }
    out.append(bracket);
  }

  private void line(int level) {
    if (indent >= 0) {
      budget.room((long) out.length() + (long) indent * level);
      out.append('\n').append(" ".repeat(indent * level));
    }
  }

  private void quoted(String text) {
    budget.text((long) out.length() + text.length());
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      character(text.charAt(i));
    }
    out.append('"');
  }

  private void character(char c) {
    switch (c) {
      case '"' -> out.append("\\\"");
      case '\\' -> out.append("\\\\");
      case '\n' -> out.append("\\n");
      case '\r' -> out.append("\\r");
      case '\t' -> out.append("\\t");
      case '\b' -> out.append("\\b");
      case '\f' -> out.append("\\f");
      default -> {
        if (c < 0x20 || (ascii && c > 0x7e)) {
          out.append("\\u%04x".formatted((int) c));
        } else {
          out.append(c);
        }
      }
    }
  }
}
