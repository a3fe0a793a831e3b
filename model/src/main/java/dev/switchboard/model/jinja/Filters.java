package dev.switchboard.model.jinja;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/** jinja2's filters, as far as chat templates use them. */
final class Filters {
  @FunctionalInterface
  interface Filter {
    Object apply(Object value, Arguments arguments, Filters filters);
  }

  private static final Map<String, Filter> FILTERS =
      Map.ofEntries(
          Map.entry("abs", (v, a, f) -> NumberFilters.absolute(v)),
          Map.entry(
              "attr",
              (v, a, f) -> Attributes.attribute(v, a.upTo("name").text(0, "name"), f.budget)),
          Map.entry("batch", (v, a, f) -> ListFilters.batch(v, a, f.budget)),
          Map.entry("capitalize", (v, a, f) -> Strings.capitalized(f.text(v, a.upTo()))),
          Map.entry(
              "center",
              (v, a, f) ->
                  Splitting.padded(
                      f.text(v, a),
                      new Arguments(a.of(), List.of(a.get(0, "width", 80L)), Map.of()),
                      0,
                      f.budget)),
          Map.entry("count", (v, a, f) -> Values.length(v)),
          Map.entry("d", (v, a, f) -> fallback(v, a)),
          Map.entry("default", (v, a, f) -> fallback(v, a)),
          Map.entry("dictsort", (v, a, f) -> ListFilters.dictSort(v, a)),
          Map.entry("e", (v, a, f) -> escape(f.text(v, a.upTo()))),
          Map.entry("escape", (v, a, f) -> escape(f.text(v, a.upTo()))),
          Map.entry("first", (v, a, f) -> ListFilters.end(v, true, f.budget)),
          Map.entry("float", (v, a, f) -> NumberFilters.real(v, a)),
          Map.entry(
              "format",
              (v, a, f) -> Formats.percent(f.text(v, a), new Tuple(a.values()), f.budget)),
          Map.entry("groupby", (v, a, f) -> ListFilters.groups(v, a, f.budget)),
          Map.entry("indent", (v, a, f) -> indent(v, a, f.budget)),
          Map.entry("int", (v, a, f) -> NumberFilters.whole(v, a)),
          Map.entry("items", (v, a, f) -> ListFilters.items(v)),
          Map.entry("join", (v, a, f) -> ListFilters.join(v, a, f.budget)),
          Map.entry("last", (v, a, f) -> ListFilters.end(v, false, f.budget)),
          Map.entry("length", (v, a, f) -> Values.length(v)),
          Map.entry("list", (v, a, f) -> Values.items(v, f.budget)),
          Map.entry("lower", (v, a, f) -> f.text(v, a.upTo()).toLowerCase(Locale.ROOT)),
          Map.entry("map", (v, a, f) -> ListFilters.map(v, a, f)),
          Map.entry("max", (v, a, f) -> ListFilters.extreme(v, a, 1, f.budget)),
          Map.entry("min", (v, a, f) -> ListFilters.extreme(v, a, -1, f.budget)),
          Map.entry("reject", (v, a, f) -> ListFilters.select(v, a, false, f.budget)),
          Map.entry("rejectattr", (v, a, f) -> ListFilters.selectAttribute(v, a, false, f.budget)),
          Map.entry(
              "replace",
              (v, a, f) ->
                  Splitting.replaced(
                      f.text(v, a.upTo("s", "new", "count")),
                      f.text(a.get(0, "s"), a),
                      f.text(a.get(1, "new"), a),
                      a.whole(2, "count", -1),
                      f.budget)),
          Map.entry("reverse", (v, a, f) -> ListFilters.reversed(v, f.budget)),
          Map.entry("round", (v, a, f) -> NumberFilters.round(v, a)),
          Map.entry("safe", (v, a, f) -> f.text(v, a.upTo())),
          Map.entry("select", (v, a, f) -> ListFilters.select(v, a, true, f.budget)),
          Map.entry("selectattr", (v, a, f) -> ListFilters.selectAttribute(v, a, true, f.budget)),
          Map.entry("sort", (v, a, f) -> ListFilters.sort(v, a, f.budget)),
          Map.entry("string", (v, a, f) -> f.text(v, a.upTo())),
          Map.entry("sum", (v, a, f) -> ListFilters.sum(v, a, f.budget)),
          Map.entry("title", (v, a, f) -> title(f.text(v, a.upTo()))),
          Map.entry("tojson", (v, a, f) -> Json.write(v, a, f.budget)),
          Map.entry("trim", (v, a, f) -> trim(f.text(v, a), a)),
          Map.entry("unique", (v, a, f) -> ListFilters.unique(v, a, f.budget)),
          Map.entry("upper", (v, a, f) -> f.text(v, a.upTo()).toUpperCase(Locale.ROOT)),
          Map.entry(
              "wordcount",
              (v, a, f) -> (long) Splitting.bySpace(f.text(v, a.upTo()), -1, false).size()));

  private final Budget budget;

  Filters(Budget budget) {
    this.budget = budget;
  }

  Budget budget() {
    return budget;
  }

  /**
   * @throws JinjaException if there is no such filter
   */
  static void require(String name, TokenStream tokens) {
    if (!FILTERS.containsKey(name)) {
      throw tokens.wrong("filter \"" + name + "\" is not supported");
    }
  }

  Object apply(String name, Object value, Arguments arguments) {
    Filter filter = FILTERS.get(name);
    if (filter == null) {
      throw new JinjaException("filter \"" + name + "\" is not supported");
    }
    budget.step();
    return filter.apply(value, arguments, this);
  }

  private String text(Object value, Arguments arguments) {
    String text = Values.text(value, budget);
    budget.chars(text.length());
    return text;
  }

  private static Object fallback(Object value, Arguments arguments) {
    arguments.upTo("default_value", "boolean");
    boolean missing =
        value instanceof Undefined || (arguments.flag(1, "boolean", false) && !Values.truth(value));
    return missing ? arguments.get(0, "default_value", "") : value;
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace(">", "&gt;")
        .replace("<", "&lt;")
        .replace("'", "&#39;")
        .replace("\"", "&#34;");
  }

  private static String trim(String text, Arguments arguments) {
    arguments.upTo("chars");
    return arguments.get(0, "chars", None.NONE) == None.NONE
        ? Strings.strip(text, Strings.Side.BOTH)
        : Strings.strip(text, Strings.Side.BOTH, arguments.text(0, "chars"));
  }

  /** Words begin after white space and some signs, and not at an apostrophe. */
  private static String title(String text) {
    StringBuilder result = new StringBuilder();
    boolean inside = false;
    for (int i = 0; i < text.length(); i = Strings.next(text, i)) {
      int c = text.codePointAt(i);
      boolean between = Strings.isSpace(c) || "-({[<".indexOf(c) >= 0;
      result.appendCodePoint(
          inside || between ? Character.toLowerCase(c) : Character.toUpperCase(c));
      inside = !between;
    }
    return result.toString();
  }

  private static String indent(Object value, Arguments arguments, Budget budget) {
    arguments.upTo("width", "first", "blank");
    if (!(value instanceof String text)) {
      throw Values.undefinedOr(value, value, arguments.of() + ": expected a string");
    }
    budget.chars(text.length());
    Object width = arguments.get(0, "width", 4L);
    String indention =
        width instanceof String given
            ? given
            : " ".repeat(Math.clamp(arguments.whole(0, "width", 4), 0, 1024));
    boolean blank = arguments.flag(2, "blank", false);
    List<Object> lines = Splitting.lines(text, false);
    StringBuilder result = new StringBuilder();
    for (int i = 0; i < lines.size(); i++) {
      String line = Values.text(lines.get(i), budget);
      boolean indented = i > 0 ? blank || !line.isEmpty() : arguments.flag(1, "first", false);
      result.append(i > 0 ? "\n" : "").append(indented ? indention : "").append(line);
      budget.room(result.length());
    }
    return text.endsWith("\n") ? result.append('\n').toString() : result.toString();
  }
}
