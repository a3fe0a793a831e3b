package dev.switchboard.model.jinja;

import java.util.List;
import java.util.Map;
import java.util.Set;

/** jinja2's tests: what may stand behind {@code is}. */
final class Tests {
  private static final Map<String, String> COMPARISONS =
      Map.ofEntries(
          Map.entry("eq", "=="),
          Map.entry("equalto", "=="),
          Map.entry("==", "=="),
          Map.entry("ne", "!="),
          Map.entry("!=", "!="),
          Map.entry("lt", "<"),
          Map.entry("lessthan", "<"),
          Map.entry("<", "<"),
          Map.entry("le", "<="),
          Map.entry("<=", "<="),
          Map.entry("gt", ">"),
          Map.entry("greaterthan", ">"),
          Map.entry(">", ">"),
          Map.entry("ge", ">="),
          Map.entry(">=", ">="),
          Map.entry("in", "in"));
  private static final Set<String> OTHERS =
      Set.of(
          "defined",
          "undefined",
          "none",
          "string",
          "number",
          "integer",
          "float",
          "boolean",
          "mapping",
          "iterable",
          "sequence",
          "callable",
          "true",
          "false",
          "odd",
          "even",
          "divisibleby",
          "lower",
          "upper",
          "sameas");

  private Tests() {}

  /**
   * @throws JinjaException if there is no such test
   */
  static void require(String name, TokenStream tokens) {
    if (!COMPARISONS.containsKey(name) && !OTHERS.contains(name)) {
      throw tokens.wrong("test \"" + name + "\" is not supported");
    }
  }

  static boolean test(Object value, Arguments arguments, String name, Budget budget) {
    String comparison = COMPARISONS.get(name);
    if (comparison != null) {
      return Operators.compare(comparison, value, arguments.upTo("other").get(0, "other"), budget);
    }
    return switch (name) {
      case "divisibleby" ->
          whole(Numbers.binary("%", number(value), number(arguments.get(0, "num")))) == 0;
      case "sameas" -> value.equals(arguments.get(0, "other"));
      default -> test(value, name, budget);
    };
  }

  private static boolean test(Object value, String name, Budget budget) {
    return switch (name) {
      case "defined" -> !(value instanceof Undefined);
      case "undefined" -> value instanceof Undefined;
      case "none" -> value == None.NONE;
      case "string" -> value instanceof String;
      case "number" -> Numbers.isNumber(value);
      case "integer" -> value instanceof Long;
      case "float" -> value instanceof Double;
      case "boolean" -> value instanceof Boolean;
      case "mapping" -> value instanceof Map;
      case "iterable", "sequence" -> Values.isIterable(value);
      case "callable" -> value instanceof Callable;
      case "true" -> value.equals(true);
      case "false" -> value.equals(false);
      case "odd" -> whole(Numbers.binary("%", number(value), 2L)) == 1;
      case "even" -> whole(Numbers.binary("%", number(value), 2L)) == 0;
      case "lower" -> isCased(Values.text(value, budget), "islower", budget);
      case "upper" -> isCased(Values.text(value, budget), "isupper", budget);
      default -> throw new JinjaException("test \"" + name + "\" is not supported");
    };
  }

  private static boolean isCased(String text, String method, Budget budget) {
    return StringMethods.method(text, method, budget)
        .call(new Arguments(method, List.of(), Map.of()))
        .equals(true);
  }

  private static Object number(Object value) {
    if (!Numbers.isNumber(value)) {
      throw Values.undefinedOr(
          value, value, "expected a number, found '" + Values.type(value) + "'");
    }
    return value;
  }

  private static long whole(Object value) {
    return value instanceof Double real ? (long) (double) real : Numbers.whole(value);
  }
}
