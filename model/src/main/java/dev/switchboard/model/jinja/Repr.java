package dev.switchboard.model.jinja;

import java.util.List;
import java.util.Map;

/** Values as Python writes them. */
final class Repr {
  private final Budget budget;
  private final StringBuilder out = new StringBuilder();

  private Repr(Budget budget) {
    this.budget = budget;
  }

  /** Like {@code str}, but for strings, which {@code repr} puts in quotes. */
  static String of(Object value, Budget budget) {
    if (value instanceof Undefined) {
      return "";
    }
    Repr repr = new Repr(budget);
    repr.add(value);
    return repr.out.toString();
  }

  private void add(Object value) {
    budget.enter();
    switch (value) {
      case String text -> quoted(text);
      case Boolean flag -> out.append(flag ? "True" : "False");
      case Double real -> out.append(Numbers.text(real));
      case None none -> out.append("None");
      case Undefined undefined -> out.append("Undefined");
      case List<?> list -> items("[", list, "]");
      case Tuple tuple -> items("(", tuple.items(), tuple.items().size() == 1 ? ",)" : ")");
      case Map<?, ?> map -> dict(map);
      case Long whole -> out.append(whole);
      default -> out.append('<').append(Values.type(value)).append('>');
    }
    budget.leave();
    budget.room(out.length());
  }

  private void items(String open, List<?> items, String close) {
    out.append(open);
    String between = "";
    for (Object item : items) {
      out.append(between);
      add(item);
      between = ", ";
    }
    out.append(close);
  }

  private void dict(Map<?, ?> map) {
    out.append('{');
    String between = "";
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      out.append(between);
      add(entry.getKey());
      out.append(": ");
      add(entry.getValue());
      between = ", ";
    }
    out.append('}');
  }

  private void quoted(String text) {
    char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
    out.append(quote);
    text.codePoints().forEach(c -> character(c, quote));
    out.append(quote);
  }

  private void character(int c, char quote) {
    switch (c) {
      case '\n' -> out.append("\\n");
      case '\r' -> out.append("\\r");
      case '\t' -> out.append("\\t");
      case '\\' -> out.append("\\\\");
      default -> {
        if (c == quote) {
          out.append('\\').appendCodePoint(c);
        } else if (isPrintable(c)) {
          out.appendCodePoint(c);
        } else {
          out.append((c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x").formatted(c));
        }
      }
    }
  }

  private static boolean isPrintable(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      case Character.SPACE_SEPARATOR -> c == ' ';
      default -> true;
    };
  }
}
