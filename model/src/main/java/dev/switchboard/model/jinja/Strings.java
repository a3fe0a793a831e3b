package dev.switchboard.model.jinja;

import java.util.Locale;

/** Text as Python sees it: a row of code points. */
final class Strings {
  /** Which ends are stripped. */
  enum Side {
    START,
    END,
    BOTH;

    boolean start() {
      return this != END;
    }

    boolean end() {
      return this != START;
    }
  }

  private Strings() {}

  static boolean isSpace(int c) {
    return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == 0x85;
  }

  static String strip(String text, Side side) {
    int start = 0;
    int end = text.length();
    while (side.end() && end > start && isSpace(text.charAt(end - 1))) {
      end--;
    }
    while (side.start() && start < end && isSpace(text.charAt(start))) {
      start++;
    }
    return text.substring(start, end);
  }

  /** Takes off what is one of the characters. */
  static String strip(String text, Side side, String characters) {
    int start = 0;
    int end = text.length();
    while (side.end() && end > start && characters.indexOf(text.codePointBefore(end)) >= 0) {
      end -= Character.charCount(text.codePointBefore(end));
    }
    while (side.start() && start < end && characters.indexOf(text.codePointAt(start)) >= 0) {
      start += Character.charCount(text.codePointAt(start));
    }
    return text.substring(start, end);
  }

  static int length(String text) {
    return text.codePointCount(0, text.length());
  }

  static String capitalized(String text) {
    return text.isEmpty()
        ? text
        : titled(text.substring(0, next(text, 0)))
            + text.substring(next(text, 0)).toLowerCase(Locale.ROOT);
  }

  /** Each run of letters begins large and goes on small. */
  static String titled(String text) {
    StringBuilder result = new StringBuilder();
    boolean inside = false;
    for (int i = 0; i < text.length(); i = next(text, i)) {
      int c = text.codePointAt(i);
      result.appendCodePoint(inside ? Character.toLowerCase(c) : Character.toTitleCase(c));
      inside = Character.isLetter(c);
    }
    return result.toString();
  }

  /** Large letters become small ones, and the other way round. */
  static String swapped(String text) {
    StringBuilder result = new StringBuilder();
    text.codePoints()
        .forEach(c ->
            result.appendCodePoint(
                Character.isUpperCase(c) ? Character.toLowerCase(c) : Character.toUpperCase(c)));
    return result.toString();
  }

  static int next(String text, int at) {
    return text.offsetByCodePoints(at, 1);
  }

  /** The value of a string literal's inside. */
  static String unescape(String inside) {
    if (inside.indexOf('\\') < 0) {
      return inside;
    }
    StringBuilder text = new StringBuilder();
    int at = 0;
    while (at < inside.length()) {
      char c = inside.charAt(at++);
      if (c != '\\') {
        text.append(c);
      } else {
        at = escape(inside, at, text);
      }
    }
    return text.toString();
  }

  /** Appends what stands behind a backslash; where the text goes on. */
  private static int escape(String inside, int at, StringBuilder text) {
    char c = inside.charAt(at);
    switch (c) {
      case 'n' -> text.append('\n');
      case 't' -> text.append('\t');
      case 'r' -> text.append('\r');
      case 'b' -> text.append('\b');
      case 'f' -> text.append('\f');
      case 'a' -> text.append('\u0007');
      case 'v' -> text.append('\u000b');
      case '\\', '\'', '"' -> text.append(c);
      case '\n' -> {}
      case 'x' -> {
        return hexadecimal(inside, at + 1, 2, text);
      }
      case 'u' -> {
        return hexadecimal(inside, at + 1, 4, text);
      }
      case 'U' -> {
        return hexadecimal(inside, at + 1, 8, text);
      }
      case '0', '1', '2', '3', '4', '5', '6', '7' -> {
        return octal(inside, at, text);
      }
      default -> text.append('\\').append(c);
    }
    return at + 1;
  }

  private static int octal(String inside, int at, StringBuilder text) {
    int end = at;
    int value = 0;
    while (end < inside.length()
        && end < at + 3
        && inside.charAt(end) >= '0'
        && inside.charAt(end) <= '7') {
      value = 8 * value + inside.charAt(end++) - '0';
    }
    text.append((char) value);
    return end;
  }

  private static int hexadecimal(String inside, int at, int digits, StringBuilder text) {
    int end = at + digits;
    long value = 0;
    for (int i = at; i < end; i++) {
      int digit = i < inside.length() ? Character.digit(inside.charAt(i), 16) : -1;
      if (digit < 0) {
        throw new JinjaException(
            "an escape \"\\"
                + inside.charAt(at - 1)
                + "\" needs "
                + digits
                + " hexadecimal digits");
      }
      value = 16 * value + digit;
    }
    if (value > Character.MAX_CODE_POINT) {
      throw new JinjaException("an escape \"\\U\" is no character");
    }
    text.appendCodePoint((int) value);
    return end;
  }
}
