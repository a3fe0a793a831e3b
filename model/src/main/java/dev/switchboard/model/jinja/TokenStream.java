package dev.switchboard.model.jinja;

import dev.switchboard.model.jinja.Token.Kind;
import java.util.List;

/** Tokens, one after the other. */
final class TokenStream {
  private static final int MAX_DEPTH = 200;

  private final List<Token> tokens;
  private int at;
  private int depth;

  TokenStream(List<Token> tokens) {
    this.tokens = tokens;
  }

  Token current() {
    return tokens.get(at);
  }

  Token next() {
    Token token = tokens.get(at);
    at = Math.min(at + 1, tokens.size() - 1);
    return token;
  }

  boolean is(Kind kind) {
    return current().kind() == kind;
  }

  boolean isName(String name) {
    return current().isName(name);
  }

  boolean isOperator(String operator) {
    return current().isOperator(operator);
  }

  boolean skipName(String name) {
    boolean found = isName(name);
    if (found) {
      next();
    }
    return found;
  }

  boolean skipOperator(String operator) {
    boolean found = isOperator(operator);
    if (found) {
      next();
    }
    return found;
  }

  String name(String what) {
    if (!is(Kind.NAME)) {
      throw unexpected(what);
    }
    return next().text();
  }

  void operator(String operator) {
    if (!skipOperator(operator)) {
      throw unexpected("\"" + operator + "\"");
    }
  }

  void end(Kind kind) {
    if (!is(kind)) {
      throw unexpected(kind == Kind.BLOCK_END ? "\"%}\"" : "\"}}\"");
    }
    next();
  }

  /** Counts how deep the parser has gone; each is to be followed by {@link #leave}. */
  void enter() {
    if (++depth > MAX_DEPTH) {
      throw new JinjaException("nested deeper than " + MAX_DEPTH).at(current().line());
    }
  }

  void leave() {
    depth--;
  }

  JinjaException unexpected(String expected) {
    return wrong("expected " + expected + ", found " + current());
  }

  JinjaException wrong(String what) {
    return new JinjaException(what).at(current().line());
  }
}
