package dev.switchboard.model.tokenizer;

import java.util.Set;

/**
 * How much a regular expression can backtrack, from its form alone. The native library's matcher
 * gives up after ten million steps at one place, and then ends the process; a pattern whose steps
 * grow with the length of the text at most cannot get there.
 *
 * <p>Reads the syntax of Oniguruma as far as tokenizers use it, and refuses what calls, recurses or
 * refers back.
 */
final class PatternShape {
  /** Not linear by their form, but nothing in them ever has to give back: EXAONE's. */
  private static final Set<String> KNOWN =
      Set.of(
          "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?(?:\\p{L}\\p{M}*(?: \\p{L}\\p{M}*)*)+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]?|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+");

  /** Repetitions of alternatives up to here multiply to little. */
  private static final int FEW = 4;

  private static final int MAX_LENGTH = 8192;
  private static final int MAX_DEPTH = 64;
  private static final int MAX_EXPANDED = 20_000;

  /**
   * What is known of a part.
   *
   * @param canFail whether what stands before may have to give back
   * @param varies whether it matches texts of several lengths, or in several ways
   * @param unbounded whether it has a repetition without a limit
   * @param open unlimited repetitions that nothing after them has yet made give back
   * @param costly unlimited repetitions that may have to give back: the exponent of the steps
   * @param expanded size with its counted repetitions written out
   */
  private record Part(
      boolean canFail, boolean varies, boolean unbounded, int open, int costly, long expanded) {
    static final Part NOTHING = new Part(false, false, false, 0, 0, 0);
    static final Part CHARACTER = new Part(true, false, false, 0, 0, 1);

    Part then(Part next) {
      int paid = next.canFail ? open : 0;
      return new Part(
          canFail || next.canFail,
          varies || next.varies,
          unbounded || next.unbounded,
          open - paid + next.open,
          costly + paid + next.costly,
          expanded + next.expanded);
    }

    Part or(Part other) {
      return new Part(
          true,
          true,
          unbounded || other.unbounded,
          Math.max(open, other.open),
          Math.max(costly, other.costly),
          expanded + other.expanded);
    }
  }

  private final String pattern;
  private int at;
  private int depth;
  private boolean nested;

  private PatternShape(String pattern) {
    this.pattern = pattern;
  }

  /**
   * Refuses a pattern whose steps at one place may grow faster than the text.
   *
   * @throws IllegalArgumentException naming what is not supported
   */
  static void check(String pattern) {
    if (!isLinear(pattern) && !KNOWN.contains(pattern)) {
      throw new IllegalArgumentException("it may take more steps than a text is long");
    }
  }

  static boolean isLinear(String pattern) {
    if (pattern.length() > MAX_LENGTH) {
      throw new IllegalArgumentException(
          pattern.length() + " characters; at most " + MAX_LENGTH + " are read");
    }
    PatternShape shape = new PatternShape(pattern);
    Part whole = shape.alternatives();
    if (shape.at < pattern.length()) {
      throw shape.unsupported("\")\" without \"(\"");
    }
    return !shape.nested && whole.costly <= 1;
  }

  private Part alternatives() {
    if (++depth > MAX_DEPTH) {
      throw unsupported("groups nested deeper than " + MAX_DEPTH);
    }
    Part all = sequence();
    while (at < pattern.length() && pattern.charAt(at) == '|') {
      at++;
      all = all.or(sequence());
    }
    depth--;
    return all;
  }

  private Part sequence() {
    Part all = Part.NOTHING;
    while (at < pattern.length() && pattern.charAt(at) != '|' && pattern.charAt(at) != ')') {
      all = all.then(repeated(atom()));
      if (all.expanded > MAX_EXPANDED) {
        throw unsupported("repetitions that multiply to more than " + MAX_EXPANDED);
      }
    }
    return all;
  }

  private Part atom() {
    char c = pattern.charAt(at++);
    return switch (c) {
      case '(' -> group();
      case '[' -> characterClass();
      case '\\' -> escape();
      case '*', '+', '?' -> throw unsupported("a repetition of nothing");
      case '^', '$' -> new Part(true, false, false, 0, 0, 1);
      default -> Part.CHARACTER;
    };
  }

  private Part group() {
    boolean look = false;
    if (at < pattern.length() && pattern.charAt(at) == '?') {
      String head = pattern.substring(at, Math.min(at + 6, pattern.length()));
      look = head.matches("(?s)\\?(<?[=!]).*");
      if (!look && !head.matches("(?s)\\?(:|>|-?[im]{1,2}[:)]).*")) {
        throw unsupported("group \"(" + head + "\"");
      }
      at += head.startsWith("?<") ? 3 : head.matches("(?s)\\?(:|>|=|!).*") ? 2 : flags(head);
    }
    if (pattern.charAt(at - 1) == ')') {
      return Part.NOTHING;
    }
    Part inside = alternatives();
    if (at >= pattern.length()) {
      throw unsupported("\"(\" without \")\"");
    }
    at++;
    nested |= look && inside.costly > 1;
    return look ? new Part(true, false, false, 0, 0, inside.expanded) : inside;
  }

  /** Length of "?i:", "?-i:", "?i)" and their like. */
  private static int flags(String head) {
    int end = head.indexOf(':') >= 0 ? head.indexOf(':') : head.indexOf(')');
    return end + 1;
  }

  private Part characterClass() {
    int classes = 1;
    boolean start = true;
    while (classes > 0) {
      if (at >= pattern.length()) {
        throw unsupported("\"[\" without \"]\"");
      }
      char c = pattern.charAt(at++);
      boolean negated = start && c == '^';
      if (c == '\\') {
        at++;
      } else if (c == '[') {
        classes++;
        start = true;
        continue;
      } else if (c == ']' && !start) {
        classes--;
      }
      start = negated;
    }
    return Part.CHARACTER;
  }

  private Part escape() {
    if (at >= pattern.length()) {
      throw unsupported("a \"\\\" at the end");
    }
    char c = pattern.charAt(at++);
    if ((c >= '1' && c <= '9') || "kgKGXRNOM".indexOf(c) >= 0) {
      throw unsupported("\"\\" + c + "\"");
    }
    if (at < pattern.length() && pattern.charAt(at) == '{' && "pPx".indexOf(c) >= 0) {
      int end = pattern.indexOf('}', at);
      if (end < 0) {
        throw unsupported("\"{\" without \"}\"");
      }
      at = end + 1;
    }
    return Part.CHARACTER;
  }

  private Part repeated(Part atom) {
    Part part = atom;
    for (boolean again = true; again && at < pattern.length(); ) {
      switch (pattern.charAt(at)) {
        case '*' -> part = times(part, 0, -1);
        case '+' -> part = times(part, 1, -1);
        case '?' -> part = times(part, 0, 1);
        case '{' -> part = counted(part);
        default -> again = false;
      }
    }
    return part;
  }

  /** With its lazy or possessive mark, which never makes it give back more. */
  private Part times(Part part, int least, int most) {
    at++;
    if (at < pattern.length() && (pattern.charAt(at) == '?' || pattern.charAt(at) == '+')) {
      at++;
    }
    return repeatedBy(part, least, most);
  }

  /** "{n}", "{n,}", "{,m}", "{n,m}"; anything else in braces is itself. */
  private Part counted(Part part) {
    int end = pattern.indexOf('}', at);
    String inside = end < 0 ? "" : pattern.substring(at + 1, end);
    if (!inside.matches("\\d{1,5}(,(\\d{1,5})?)?|,\\d{1,5}")) {
      at++;
      return part.then(Part.CHARACTER);
    }
    at = end + 1;
    int comma = inside.indexOf(',');
    String low = comma < 0 ? inside : inside.substring(0, comma);
    String high = comma < 0 ? inside : inside.substring(comma + 1);
    int least = low.isEmpty() ? 0 : Integer.parseInt(low);
    return repeatedBy(part, least, high.isEmpty() ? -1 : Integer.parseInt(high));
  }

  private Part repeatedBy(Part part, int least, int most) {
    boolean many = most < 0 || most > (part.unbounded ? 1 : FEW);
    nested |= many && (part.varies || part.unbounded);
    return new Part(
        least > 0 && part.canFail,
        part.varies || least != most,
        part.unbounded || most < 0,
        part.open + (most < 0 ? 1 : 0),
        part.costly,
        part.expanded * Math.max(1, Math.max(least, most)));
  }

  private IllegalArgumentException unsupported(String what) {
    return new IllegalArgumentException(what + " at character " + at);
  }
}
