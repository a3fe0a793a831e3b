package dev.switchboard.model.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Cutting texts and putting them together. */
final class Splitting {
  private Splitting() {}

  /**
   * @param most cuts; negative: no limit
   */
  static List<String> by(String text, String separator, int most, boolean fromEnd) {
    List<String> parts = new ArrayList<>();
    int start = 0;
    int end = text.length();
    int at = fromEnd ? text.lastIndexOf(separator) : text.indexOf(separator);
    while (at >= 0 && (most < 0 || parts.size() < most)) {
      if (fromEnd) {
        parts.add(text.substring(at + separator.length(), end));
        end = at;
        at = text.lastIndexOf(separator, at - separator.length());
      } else {
        parts.add(text.substring(start, at));
        start = at + separator.length();
        at = text.indexOf(separator, start);
      }
    }
    parts.add(text.substring(start, end));
    if (fromEnd) {
      Collections.reverse(parts);
    }
    return parts;
  }

  /** Words; what stands around them is dropped. */
  static List<String> bySpace(String text, int most, boolean fromEnd) {
    List<String> words = new ArrayList<>();
    int start = fromEnd ? 0 : skip(text, 0, text.length(), true);
    int end = fromEnd ? skipBack(text, 0, text.length(), true) : text.length();
    while (start < end) {
      boolean rest = most >= 0 && words.size() >= most;
      if (fromEnd) {
        int from = rest ? start : skipBack(text, start, end, false);
        words.add(text.substring(from, end));
        end = skipBack(text, start, from, true);
      } else {
        int to = rest ? end : skip(text, start, end, false);
        words.add(text.substring(start, to));
        start = skip(text, to, end, true);
      }
    }
    if (fromEnd) {
      Collections.reverse(words);
    }
    return words;
  }

  /** Where the characters from {@code start} on are no longer spaces, or no longer words. */
  private static int skip(String text, int start, int end, boolean spaces) {
    int at = start;
    while (at < end && Strings.isSpace(text.charAt(at)) == spaces) {
      at++;
    }
    return at;
  }

  private static int skipBack(String text, int start, int end, boolean spaces) {
    int at = end;
    while (at > start && Strings.isSpace(text.charAt(at - 1)) == spaces) {
      at--;
    }
    return at;
  }

  static List<Object> lines(String text, boolean keepEnds) {
    List<Object> lines = new ArrayList<>();
    int start = 0;
    for (int at = 0; at < text.length(); at++) {
      if ("\n\r\u000b\f\u001c\u001d\u001e\u0085\u2028\u2029".indexOf(text.charAt(at)) < 0) {
        continue;
      }
      boolean two = text.startsWith("\r\n", at);
      int next = at + (two ? 2 : 1);
      lines.add(text.substring(start, keepEnds ? next : at));
      start = next;
      at = next - 1;
    }
    if (start < text.length()) {
      lines.add(text.substring(start));
    }
    return lines;
  }

  /**
   * @param items strings
   */
  static String joined(String separator, Object items, Budget budget) {
    StringBuilder text = new StringBuilder();
    boolean first = true;
    for (Object item : Values.items(items, budget)) {
      if (!(item instanceof String part)) {
        throw Values.undefinedOr(
            item, item, "join: expected strings, found '%s'".formatted(Values.type(item)));
      }
      text.append(first ? "" : separator).append(part);
      budget.room(text.length());
      first = false;
    }
    budget.chars(text.length());
    return text.toString();
  }

  /**
   * @param most replacements; negative: no limit
   */
  static String replaced(String text, String old, String with, int most, Budget budget) {
    StringBuilder result = new StringBuilder();
    int start = 0;
    int count = 0;
    int at = text.indexOf(old);
    while (at >= 0 && count != most) {
      result.append(text, start, at).append(with);
      budget.room(result.length());
      count++;
      start = at + old.length();
      if (old.isEmpty()) {
        if (at >= text.length()) {
          return result.toString();
        }
        int next = Strings.next(text, at);
        result.append(text, at, next);
        start = next;
      }
      at = text.indexOf(old, start);
    }
    budget.text(result.length() + text.length() - start);
    return result.append(text.substring(start)).toString();
  }

  /** Zeros behind the sign. */
  static String filled(String text, int width, Budget budget) {
    int missing = width - Strings.length(text);
    if (missing <= 0) {
      return text;
    }
    budget.text(width);
    boolean signed = text.startsWith("-") || text.startsWith("+");
    return (signed ? text.substring(0, 1) : "")
        + "0".repeat(missing)
        + text.substring(signed ? 1 : 0);
  }

  /**
   * @param side negative: the text stands at the left, positive: at the right, 0: in the middle
   */
  static String padded(String text, Arguments arguments, int side, Budget budget) {
    arguments.upTo("width", "fillchar");
    int width = arguments.whole(0, "width", 0);
    String fill = arguments.text(1, "fillchar", " ");
    int missing = Math.max(0, width - Strings.length(text));
    budget.text((long) missing * fill.length() + text.length());
    // As CPython: of an odd number the larger half goes left if the width is odd.
    int left = side < 0 ? 0 : side > 0 ? missing : missing / 2 + (missing & width & 1);
    return fill.repeat(left) + text + fill.repeat(missing - left);
  }
}
