package dev.switchboard.model.jinja;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Filters on numbers. */
final class NumberFilters {
  private static final int MAX_DIGITS = 15;

  private NumberFilters() {}

  static Object absolute(Object value) {
    if (!Numbers.isNumber(value)) {
      throw Values.undefinedOr(value, value, "filter \"abs\": expected a number");
    }
    return value instanceof Double real
        ? (Object) Math.abs(real)
        : Numbers.whole(value) < 0 ? Numbers.binary("-", 0L, value) : Numbers.whole(value);
  }

  static Object real(Object value, Arguments arguments) {
    arguments.upTo("default");
    if (value instanceof Undefined undefined) {
      throw undefined.failure();
    }
    if (Numbers.isNumber(value)) {
      return Numbers.real(value);
    }
    try {
      if (value instanceof String text) {
        return Double.parseDouble(Strings.strip(text, Strings.Side.BOTH));
      }
    } catch (NumberFormatException e) {
      return arguments.get(0, "default", 0.0);
    }
    return arguments.get(0, "default", 0.0);
  }

  static Object whole(Object value, Arguments arguments) {
    arguments.upTo("default", "base");
    Object fallback = arguments.get(0, "default", 0L);
    if (value instanceof Undefined undefined) {
      throw undefined.failure();
    }
    if (Numbers.isNumber(value)) {
      double real = Numbers.real(value);
      return Numbers.isWhole(value)
          ? (Object) Numbers.whole(value)
          : Math.abs(real) < 9e18 ? (Object) (long) real : fallback;
    }
    try {
      if (value instanceof String text) {
        int base = arguments.whole(1, "base", 10);
        String digits = Strings.strip(text, Strings.Side.BOTH);
        boolean marked = base == 16 && digits.toLowerCase(Locale.ROOT).startsWith("0x");
        return Long.parseLong(marked ? digits.substring(2) : digits, base);
      }
    } catch (NumberFormatException e) {
      Object real = real(value, new Arguments("int", List.of(None.NONE), Map.of()));
      return real instanceof Double found && Math.abs(found) < 9e18
          ? (Object) (long) (double) found
          : fallback;
    }
    return fallback;
  }

  /** Halves go to the even neighbour, as Python's do. */
  static Object round(Object value, Arguments arguments) {
    arguments.upTo("precision", "method");
    if (!Numbers.isNumber(value)) {
      throw Values.undefinedOr(value, value, "filter \"round\": expected a number");
    }
    int digits = Math.clamp(arguments.whole(0, "precision", 0), -MAX_DIGITS, MAX_DIGITS);
    RoundingMode mode =
        switch (arguments.text(1, "method", "common")) {
          case "common" -> RoundingMode.HALF_EVEN;
          case "ceil" -> RoundingMode.CEILING;
          case "floor" -> RoundingMode.FLOOR;
          default ->
              throw new JinjaException("filter \"round\": method is to be common, ceil or floor");
        };
    if (Numbers.isWhole(value) && mode == RoundingMode.HALF_EVEN) {
      return new BigDecimal(Numbers.whole(value)).setScale(Math.min(digits, 0), mode).longValue();
    }
    double real = Numbers.real(value);
    return Double.isNaN(real) || Double.isInfinite(real)
        ? real
        : new BigDecimal(real).setScale(digits, mode).doubleValue();
  }
}
