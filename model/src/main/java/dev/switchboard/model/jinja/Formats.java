package dev.switchboard.model.jinja;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code '%s' % value} and {@code '{}'.format(value)}, as far as templates use them. */
final class Formats {
  private static final Pattern PERCENT =
      Pattern.compile("%(?:\\((\\w+)\\))?([-0]?)(\\d{0,3})(?:\\.(\\d{1,2}))?([a-zA-Z%])");
  private static final Pattern BRACES = Pattern.compile("\\{\\{|}}|\\{([^{}]*)}");

  private Formats() {}

  static String percent(String format, Object given, Budget budget) {
    List<?> values = given instanceof Tuple tuple ? tuple.items() : List.of(given);
    StringBuilder text = new StringBuilder();
    Matcher matcher = PERCENT.matcher(format);
    int from = 0;
    int used = 0;
    while (matcher.find(from)) {
      text.append(format, from, matcher.start());
      from = matcher.end();
      if (matcher.group(5).equals("%")) {
        text.append('%');
      } else {
        Object value =
            matcher.group(1) != null
                ? Attributes.item(given, matcher.group(1), budget)
                : used < values.size() ? values.get(used++) : tooFew();
        text.append(formatted(matcher, value, budget));
      }
      budget.room(text.length());
    }
    if (format.indexOf('%', from) >= 0) {
      throw new JinjaException("format \"" + format + "\" is not supported");
    }
    boolean byName = given instanceof Map || given instanceof List;
    if (used < values.size() && !byName) {
      throw new JinjaException("more arguments than the format takes");
    }
    return text.append(format.substring(from)).toString();
  }

  private static Object tooFew() {
    throw new JinjaException("not enough arguments for the format");
  }

  private static String formatted(Matcher matcher, Object value, Budget budget) {
    String kind = matcher.group(5);
    String body =
        switch (kind) {
          case "s" -> Values.text(value, budget);
          case "r" -> Repr.of(value, budget);
          case "d", "i" -> Long.toString((long) number(value));
          case "x" -> Long.toHexString((long) number(value));
          case "f" -> {
            int digits = matcher.group(4) == null ? 6 : Integer.parseInt(matcher.group(4));
            yield String.format(Locale.ROOT, "%." + digits + "f", number(value));
          }
          default -> throw new JinjaException("format \"%" + kind + "\" is not supported");
        };
    int width = matcher.group(3).isEmpty() ? 0 : Integer.parseInt(matcher.group(3));
    int missing = Math.max(0, width - Strings.length(body));
    return switch (matcher.group(2)) {
      case "-" -> body + " ".repeat(missing);
      case "0" -> Splitting.filled(body, width, budget);
      default -> " ".repeat(missing) + body;
    };
  }

  private static double number(Object value) {
    if (!Numbers.isNumber(value)) {
      throw Values.undefinedOr(
          value, value, "a format needs a number, was given '%s'".formatted(Values.type(value)));
    }
    return Numbers.real(value);
  }

  static String braces(String format, Arguments arguments, Budget budget) {
    StringBuilder text = new StringBuilder();
    Matcher matcher = BRACES.matcher(format);
    int from = 0;
    int next = 0;
    while (matcher.find(from)) {
      text.append(format, from, matcher.start());
      from = matcher.end();
      String field = matcher.group(1);
      if (field == null) {
        text.append(matcher.group().charAt(0));
      } else {
        text.append(Values.text(field(field, field.isEmpty() ? next++ : 0, arguments), budget));
      }
      budget.room(text.length());
    }
    return text.append(format.substring(from)).toString();
  }

  private static Object field(String field, int next, Arguments arguments) {
    if (field.isEmpty() || field.matches("\\d{1,4}")) {
      int place = field.isEmpty() ? next : Integer.parseInt(field);
      return arguments.get(place, "");
    }
    if (!field.matches("\\w+")) {
      throw new JinjaException("format \"{" + field + "}\" is not supported");
    }
    return arguments.get(Integer.MAX_VALUE, field);
  }
}
