package dev.switchboard.model.jinja;

import dev.switchboard.model.jinja.Strings.Side;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntPredicate;

/** Python's methods of strings. */
final class StringMethods {
  @FunctionalInterface
  private interface Method {
    Object call(String text, Arguments arguments, Budget budget);
  }

  private static final Map<String, Method> METHODS =
      Map.ofEntries(
          Map.entry("strip", (t, a, b) -> strip(t, a, Side.BOTH)),
          Map.entry("lstrip", (t, a, b) -> strip(t, a, Side.START)),
          Map.entry("rstrip", (t, a, b) -> strip(t, a, Side.END)),
          Map.entry("split", (t, a, b) -> split(t, a, b, false)),
          Map.entry("rsplit", (t, a, b) -> split(t, a, b, true)),
          Map.entry(
              "splitlines",
              (t, a, b) -> Splitting.lines(t, a.upTo("keepends").flag(0, "keepends", false))),
          Map.entry("partition", (t, a, b) -> partition(t, a, false)),
          Map.entry("rpartition", (t, a, b) -> partition(t, a, true)),
          Map.entry("startswith", (t, a, b) -> affix(t, a, true)),
          Map.entry("endswith", (t, a, b) -> affix(t, a, false)),
          Map.entry(
              "removeprefix", (t, a, b) -> without(t, a.upTo("prefix").text(0, "prefix"), true)),
          Map.entry(
              "removesuffix", (t, a, b) -> without(t, a.upTo("suffix").text(0, "suffix"), false)),
          Map.entry("upper", (t, a, b) -> none(a, t.toUpperCase(Locale.ROOT))),
          Map.entry("lower", (t, a, b) -> none(a, t.toLowerCase(Locale.ROOT))),
          Map.entry("casefold", (t, a, b) -> none(a, t.toLowerCase(Locale.ROOT))),
          Map.entry("swapcase", (t, a, b) -> none(a, Strings.swapped(t))),
          Map.entry("title", (t, a, b) -> none(a, Strings.titled(t))),
          Map.entry("capitalize", (t, a, b) -> none(a, Strings.capitalized(t))),
          Map.entry("replace", StringMethods::replace),
          Map.entry("join", (t, a, b) -> Splitting.joined(t, a.upTo("items").get(0, "items"), b)),
          Map.entry("find", (t, a, b) -> find(t, a, false)),
          Map.entry("rfind", (t, a, b) -> find(t, a, true)),
          Map.entry("index", (t, a, b) -> found(t, a, find(t, a, false))),
          Map.entry("count", (t, a, b) -> count(t, a.upTo("sub").text(0, "sub"))),
          Map.entry("format", (t, a, b) -> Formats.braces(t, a, b)),
          Map.entry(
              "zfill", (t, a, b) -> Splitting.filled(t, a.upTo("width").whole(0, "width", 0), b)),
          Map.entry("ljust", (t, a, b) -> Splitting.padded(t, a, -1, b)),
          Map.entry("rjust", (t, a, b) -> Splitting.padded(t, a, 1, b)),
          Map.entry("center", (t, a, b) -> Splitting.padded(t, a, 0, b)),
          Map.entry("isdigit", (t, a, b) -> all(t, a, Character::isDigit)),
          Map.entry("isdecimal", (t, a, b) -> all(t, a, Character::isDigit)),
          Map.entry("isnumeric", (t, a, b) -> all(t, a, Character::isDigit)),
          Map.entry("isalpha", (t, a, b) -> all(t, a, Character::isLetter)),
          Map.entry("isalnum", (t, a, b) -> all(t, a, Character::isLetterOrDigit)),
          Map.entry("isspace", (t, a, b) -> all(t, a, Strings::isSpace)),
          Map.entry("isupper", (t, a, b) -> cased(t, a, true)),
          Map.entry("islower", (t, a, b) -> cased(t, a, false)));

  private StringMethods() {}

  static boolean has(String name) {
    return METHODS.containsKey(name);
  }

  static Callable method(String text, String name, Budget budget) {
    Method method = METHODS.getOrDefault(name, (t, a, b) -> t);
    return arguments -> {
      budget.chars(text.length());
      return method.call(text, arguments, budget);
    };
  }

  private static Object none(Arguments arguments, Object result) {
    arguments.upTo();
    return result;
  }

  private static String strip(String text, Arguments arguments, Side side) {
    arguments.upTo("chars");
    boolean given = arguments.get(0, "chars", None.NONE) != None.NONE;
    return given
        ? Strings.strip(text, side, arguments.text(0, "chars"))
        : Strings.strip(text, side);
  }

  private static List<Object> split(
      String text, Arguments arguments, Budget budget, boolean fromEnd) {
    arguments.upTo("sep", "maxsplit");
    budget.items(text.length());
    String separator = arguments.text(0, "sep", "");
    boolean bySpace = arguments.get(0, "sep", None.NONE) == None.NONE;
    if (!bySpace && separator.isEmpty()) {
      throw new JinjaException("split: the separator is empty");
    }
    int most = arguments.whole(1, "maxsplit", -1);
    return new ArrayList<>(
        bySpace
            ? Splitting.bySpace(text, most, fromEnd)
            : Splitting.by(text, separator, most, fromEnd));
  }

  private static Tuple partition(String text, Arguments arguments, boolean fromEnd) {
    String separator = arguments.upTo("sep").text(0, "sep");
    if (separator.isEmpty()) {
      throw new JinjaException("partition: the separator is empty");
    }
    int at = fromEnd ? text.lastIndexOf(separator) : text.indexOf(separator);
    if (at < 0) {
      return new Tuple(fromEnd ? List.of("", "", text) : List.of(text, "", ""));
    }
    return new Tuple(
        List.of(text.substring(0, at), separator, text.substring(at + separator.length())));
  }

  /** Whether the text starts, or ends, with this text or one of these. */
  private static boolean affix(String text, Arguments arguments, boolean start) {
    Object given = arguments.upTo("affix").get(0, "affix");
    List<?> choices = given instanceof Tuple tuple ? tuple.items() : List.of(given);
    for (Object choice : choices) {
      if (!(choice instanceof String affix)) {
        throw Values.undefinedOr(
            choice, choice, arguments.of() + ": expected a string or a tuple of strings");
      }
      if (start ? text.startsWith(affix) : text.endsWith(affix)) {
        return true;
      }
    }
    return false;
  }

  private static String without(String text, String affix, boolean start) {
    if (start) {
      return text.startsWith(affix) ? text.substring(affix.length()) : text;
    }
    return text.endsWith(affix) ? text.substring(0, text.length() - affix.length()) : text;
  }

  private static String replace(String text, Arguments arguments, Budget budget) {
    arguments.upTo("old", "new", "count");
    return Splitting.replaced(
        text,
        arguments.text(0, "old"),
        arguments.text(1, "new"),
        arguments.whole(2, "count", -1),
        budget);
  }

  private static long find(String text, Arguments arguments, boolean fromEnd) {
    String part = arguments.upTo("sub").text(0, "sub");
    int at = fromEnd ? text.lastIndexOf(part) : text.indexOf(part);
    return at < 0 ? -1 : text.codePointCount(0, at);
  }

  private static long found(String text, Arguments arguments, long at) {
    if (at < 0) {
      throw new JinjaException(arguments.of() + ": the text is not there");
    }
    return at;
  }

  private static long count(String text, String part) {
    if (part.isEmpty()) {
      return Strings.length(text) + 1L;
    }
    long count = 0;
    for (int at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length())) {
      count++;
    }
    return count;
  }

  private static boolean all(String text, Arguments arguments, IntPredicate each) {
    arguments.upTo();
    return !text.isEmpty() && text.codePoints().allMatch(each);
  }

  /** Whether there are letters with a case, and all have this one. */
  private static boolean cased(String text, Arguments arguments, boolean upper) {
    arguments.upTo();
    boolean some =
        text.codePoints().anyMatch(upper ? Character::isUpperCase : Character::isLowerCase);
    return some
        && text.codePoints().noneMatch(upper ? Character::isLowerCase : Character::isUpperCase);
  }
}
