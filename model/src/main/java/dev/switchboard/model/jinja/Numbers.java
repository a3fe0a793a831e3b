package dev.switchboard.model.jinja;

import java.math.BigDecimal;

/** Python's arithmetic on whole numbers of 64 bits, and on floats. */
final class Numbers {
  private Numbers() {}

  static Object parse(Token token) {
    String digits = token.text().replace("_", "");
    try {
      if (token.kind() == Token.Kind.FLOAT) {
        return Double.parseDouble(digits);
      }
      return digits.startsWith("0x") || digits.startsWith("0X")
          ? Long.parseLong(digits.substring(2), 16)
          : Long.parseLong(digits);
    } catch (NumberFormatException e) {
      throw new JinjaException("number " + token.text() + " is too large").at(token.line());
    }
  }

  /** Booleans count as 0 and 1. */
  static boolean isNumber(Object value) {
    return value instanceof Long || value instanceof Double || value instanceof Boolean;
  }

  static boolean isWhole(Object value) {
    return value instanceof Long || value instanceof Boolean;
  }

  static long whole(Object value) {
    return value instanceof Boolean flag ? (flag ? 1 : 0) : (Long) value;
  }

  static double real(Object value) {
    return value instanceof Double real ? real : whole(value);
  }

  /** Both are numbers. */
  static int compare(Object left, Object right) {
    return isWhole(left) && isWhole(right)
        ? Long.compare(whole(left), whole(right))
        : real(left) < real(right) ? -1 : real(left) > real(right) ? 1 : 0;
  }

  /** Both are numbers. */
  static Object binary(String operator, Object left, Object right) {
    try {
      return isWhole(left) && isWhole(right)
          ? wholes(operator, whole(left), whole(right))
          : reals(operator, real(left), real(right));
    } catch (ArithmeticException e) {
      throw new JinjaException("%s %s %s: %s".formatted(left, operator, right, e.getMessage()));
    }
  }

  private static Object wholes(String operator, long left, long right) {
    return switch (operator) {
      case "+" -> Math.addExact(left, right);
      case "-" -> Math.subtractExact(left, right);
      case "*" -> Math.multiplyExact(left, right);
      case "//" -> Math.floorDiv(left, nonZero(right));
      case "%" -> Math.floorMod(left, nonZero(right));
      case "/" -> (double) left / nonZero(right);
      default -> right < 0 ? (Object) StrictMath.pow(left, right) : (Object) power(left, right);
    };
  }

  private static long nonZero(long divisor) {
    if (divisor == 0) {
      throw new ArithmeticException("division by zero");
    }
    return divisor;
  }

  private static long power(long base, long exponent) {
    long result = 1;
    if (base == 0 || base == 1 || base == -1) {
      return exponent == 0 ? 1 : base == -1 && exponent % 2 == 0 ? 1 : base;
    }
    for (long i = 0; i < exponent; i++) {
      result = Math.multiplyExact(result, base);
    }
    return result;
  }

  private static Object reals(String operator, double left, double right) {
    if (right == 0 && (operator.equals("/") || operator.equals("//") || operator.equals("%"))) {
      throw new ArithmeticException("division by zero");
    }
    return switch (operator) {
      case "+" -> left + right;
      case "-" -> left - right;
      case "*" -> left * right;
      case "/" -> left / right;
      case "//" -> Math.floor(left / right);
      case "%" -> left - right * Math.floor(left / right);
      default -> StrictMath.pow(left, right);
    };
  }

  /** As Python writes a float. */
  static String text(double value) {
    if (Double.isNaN(value) || Double.isInfinite(value)) {
      return Double.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
    }
    if (value == 0) {
      return 1 / value < 0 ? "-0.0" : "0.0";
    }
    BigDecimal shortest = new BigDecimal(Double.toString(value)).stripTrailingZeros();
    int exponent = shortest.precision() - shortest.scale() - 1;
    if (exponent >= -4 && exponent < 16) {
      String plain = shortest.toPlainString();
      return plain.contains(".") ? plain : plain + ".0";
    }
    String digits = shortest.unscaledValue().abs().toString();
    String mantissa = digits.length() == 1 ? digits : digits.charAt(0) + "." + digits.substring(1);
    return "%s%se%s%02d"
        .formatted(value < 0 ? "-" : "", mantissa, exponent < 0 ? "-" : "+", Math.abs(exponent));
  }
}
