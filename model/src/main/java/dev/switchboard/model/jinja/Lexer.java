package dev.switchboard.model.jinja;

import dev.switchboard.model.jinja.Token.Kind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Cuts a template into tokens, with jinja2's rules for white space around tags: {@code trim_blocks}
 * and {@code lstrip_blocks} are on, one newline at the end of the template is dropped.
 */
final class Lexer {
  private static final int MAX_TOKENS = 1 << 20;
  private static final Pattern NEWLINE = Pattern.compile("\r\n|\r|\n");
  private static final Pattern RAW = Pattern.compile("(?U)\\{%([-+]?)\\s*raw\\s*(?:-%}\\s*|%})");
  private static final Pattern END_RAW =
      Pattern.compile("(?U)\\{%([-+]?)\\s*endraw\\s*(?:\\+%}|-%}\\s*|%}\\n?)");
  private static final Pattern END_COMMENT = Pattern.compile("(?U)\\+#}|-#}\\s*|#}\\n?");
  private static final Pattern END_BLOCK = Pattern.compile("(?U)\\+%}|-%}\\s*|%}\\n?");
  private static final Pattern END_VARIABLE = Pattern.compile("(?U)-}}\\s*|}}");
  private static final Pattern SPACE = Pattern.compile("(?U)\\s+");
  private static final Pattern FLOAT =
      Pattern.compile(
          "(?<!\\.)(?:\\d+_)*\\d+(?:(?:\\.(?:\\d+_)*\\d+)?[eE][+\\-]?(?:\\d+_)*\\d+|\\.(?:\\d+_)*\\d+)");
  private static final Pattern INTEGER = Pattern.compile("0[xX][0-9a-fA-F]+|\\d+(?:_\\d+)*");
  private static final Pattern NAME = Pattern.compile("[\\p{L}_][\\p{L}\\p{N}\\p{M}_]*");
  private static final Pattern OPERATOR =
      Pattern.compile("//|\\*\\*|==|!=|>=|<=|[-+/*%~\\[\\](){}><=.:|,;]");

  private final String source;
  private final List<Token> tokens = new ArrayList<>();
  private final Deque<Character> open = new ArrayDeque<>();
  private int at;
  private int line = 1;
  private boolean lineStarting = true;

  private Lexer(String source) {
    this.source = source;
  }

  /**
   * @throws JinjaException for a tag that does not end, or a character that means nothing
   */
  static List<Token> tokens(String template) {
    String source = NEWLINE.matcher(template).replaceAll("\n");
    Lexer lexer =
        new Lexer(source.endsWith("\n") ? source.substring(0, source.length() - 1) : source);
    lexer.run();
    return lexer.tokens;
  }

  private void run() {
    while (at < source.length()) {
      int tag = nextTag();
      if (tag < 0) {
        text(source.substring(at));
        advance(source.length());
      } else {
        char kind = source.charAt(tag + 1);
        char sign = tag + 2 < source.length() ? source.charAt(tag + 2) : ' ';
        text(before(source.substring(at, tag), sign, kind != '{'));
        advance(tag);
        tag(kind, sign);
      }
    }
    add(Kind.END, "");
  }

  private int nextTag() {
    for (int i = source.indexOf('{', at); i >= 0; i = source.indexOf('{', i + 1)) {
      if (i + 1 < source.length() && "%{#".indexOf(source.charAt(i + 1)) >= 0) {
        return i;
      }
    }
    return -1;
  }

  /** The text before a tag, as far as the tag leaves it. */
  private String before(String text, char sign, boolean stripsLine) {
    if (sign == '-') {
      return Strings.strip(text, Strings.Side.END);
    }
    if (sign != '+' && stripsLine) {
      int start = text.lastIndexOf('\n') + 1;
      boolean blank =
          start < text.length() && Strings.strip(text.substring(start), Strings.Side.END).isEmpty();
      if ((start > 0 || lineStarting) && blank) {
        return text.substring(0, start);
      }
    }
    return text;
  }

  private void tag(char kind, char sign) {
    switch (kind) {
      case '#' -> skip(END_COMMENT, at + 2, "comment \"{#\"");
      case '{' -> {
        add(Kind.VARIABLE_BEGIN, "{{");
        advance(at + (sign == '-' || sign == '+' ? 3 : 2));
        expression(END_VARIABLE, Kind.VARIABLE_END);
      }
      default -> {
        Matcher raw = RAW.matcher(source).region(at, source.length());
        if (raw.lookingAt()) {
          raw(raw.end());
          return;
        }
        add(Kind.BLOCK_BEGIN, "{%");
        advance(at + (sign == '-' || sign == '+' ? 3 : 2));
        expression(END_BLOCK, Kind.BLOCK_END);
      }
    }
  }

  private void skip(Pattern end, int from, String what) {
    Matcher matcher = end.matcher(source);
    if (!matcher.find(from)) {
      throw wrong(what + " does not end");
    }
    advance(matcher.end());
  }

  private void raw(int start) {
    advance(start);
    Matcher end = END_RAW.matcher(source);
    if (!end.find(start)) {
      throw wrong("\"{% raw %}\" does not end");
    }
    String sign = end.group(1);
    text(before(source.substring(start, end.start()), sign.isEmpty() ? ' ' : sign.charAt(0), true));
    advance(end.end());
  }

  private void expression(Pattern end, Kind endKind) {
    open.clear();
    while (true) {
      if (at >= source.length()) {
        throw wrong((endKind == Kind.BLOCK_END ? "\"{%\"" : "\"{{\"") + " does not end");
      }
      if (open.isEmpty() && matches(end) > 0) {
        add(endKind, "");
        advance(matches(end));
        return;
      }
      int space = matches(SPACE);
      if (space > 0) {
        advance(space);
      } else {
        token();
      }
    }
  }

  private void token() {
    char c = source.charAt(at);
    if (c == '\'' || c == '"') {
      string(c);
    } else if (matches(FLOAT) > 0) {
      take(Kind.FLOAT, FLOAT);
    } else if (matches(INTEGER) > 0) {
      take(Kind.INTEGER, INTEGER);
    } else if (matches(NAME) > 0) {
      take(Kind.NAME, NAME);
    } else if (matches(OPERATOR) > 0) {
      balance(source.substring(at, matches(OPERATOR)));
      take(Kind.OPERATOR, OPERATOR);
    } else {
      throw wrong("unexpected character \"" + c + "\"");
    }
  }

  private void balance(String operator) {
    char c = operator.charAt(0);
    switch (c) {
      case '(' -> open.push(')');
      case '[' -> open.push(']');
      case '{' -> open.push('}');
      case ')', ']', '}' -> {
        if (open.isEmpty() || open.pop() != c) {
          throw wrong("unexpected \"" + c + "\"");
        }
      }
      default -> {}
    }
  }

  private void string(char quote) {
    int end = at + 1;
    while (end < source.length() && source.charAt(end) != quote) {
      end += source.charAt(end) == '\\' ? 2 : 1;
    }
    if (end >= source.length()) {
      throw wrong("a string does not end");
    }
    add(Kind.STRING, Strings.unescape(source.substring(at + 1, end)));
    advance(end + 1);
  }

  private void take(Kind kind, Pattern pattern) {
    int end = matches(pattern);
    add(kind, source.substring(at, end));
    advance(end);
  }

  /** Where a match that starts here ends; -1 if there is none. */
  private int matches(Pattern pattern) {
    Matcher matcher =
        pattern.matcher(source).region(at, source.length()).useTransparentBounds(true);
    return matcher.lookingAt() ? matcher.end() : -1;
  }

  private void text(String text) {
    if (!text.isEmpty()) {
      add(Kind.TEXT, text);
    }
  }

  private void add(Kind kind, String text) {
    if (tokens.size() == MAX_TOKENS) {
      throw wrong("more than " + MAX_TOKENS + " tokens");
    }
    tokens.add(new Token(kind, text, line));
  }

  private void advance(int to) {
    for (int i = at; i < to; i++) {
      line += source.charAt(i) == '\n' ? 1 : 0;
    }
    lineStarting = to > at ? source.charAt(to - 1) == '\n' : lineStarting;
    at = to;
  }

  private JinjaException wrong(String what) {
    return new JinjaException(what).at(line);
  }
}
