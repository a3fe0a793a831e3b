package dev.switchboard.model.jinja;

import dev.switchboard.model.jinja.Expression.CallArguments;
import dev.switchboard.model.jinja.Expression.FilterCall;
import dev.switchboard.model.jinja.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads expressions, with jinja2's precedences. */
final class ExpressionParser {
  private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");

  private final TokenStream tokens;

  ExpressionParser(TokenStream tokens) {
    this.tokens = tokens;
  }

  /** An expression; several with commas are a tuple. */
  Expression tuple() {
    return tuple(true);
  }

  /**
   * @param conditional whether {@code a if b} is one expression here
   */
  Expression tuple(boolean conditional) {
    List<Expression> items = new ArrayList<>();
    boolean isTuple = false;
    while (!endsTuple()) {
      items.add(conditional ? expression() : or());
      if (!tokens.skipOperator(",")) {
        break;
      }
      isTuple = true;
    }
    if (items.isEmpty()) {
      throw tokens.unexpected("an expression");
    }
    return isTuple ? new Expression.TupleOf(items) : items.getFirst();
  }

  private boolean endsTuple() {
    return tokens.is(Kind.BLOCK_END)
        || tokens.is(Kind.VARIABLE_END)
        || tokens.isOperator(")")
        || tokens.isName("recursive");
  }

  Expression expression() {
    tokens.enter();
    Expression value = or();
    while (tokens.skipName("if")) {
      Expression condition = or();
      Optional<Expression> otherwise =
          tokens.skipName("else") ? Optional.of(expression()) : Optional.empty();
      value = new Expression.Conditional(condition, value, otherwise);
    }
    tokens.leave();
    return value;
  }

  private Expression or() {
    Expression left = and();
    while (tokens.skipName("or")) {
      left = new Expression.Or(left, and());
    }
    return left;
  }

  private Expression and() {
    Expression left = not();
    while (tokens.skipName("and")) {
      left = new Expression.And(left, not());
    }
    return left;
  }

  private Expression not() {
    if (!tokens.skipName("not")) {
      return comparison();
    }
    tokens.enter();
    Expression value = new Expression.Not(not());
    tokens.leave();
    return value;
  }

  private Expression comparison() {
    Expression first = sum();
    List<String> operators = new ArrayList<>();
    List<Expression> operands = new ArrayList<>();
    for (String operator = comparator(); !operator.isEmpty(); operator = comparator()) {
      operators.add(operator);
      operands.add(sum());
    }
    return operators.isEmpty() ? first : new Expression.Comparison(first, operators, operands);
  }

  /** The next operator that compares, read; empty if there is none. */
  private String comparator() {
    Token token = tokens.current();
    if (token.kind() == Kind.OPERATOR && COMPARISONS.contains(token.text())) {
      return tokens.next().text();
    }
    if (tokens.skipName("in")) {
      return "in";
    }
    if (tokens.isName("not")) {
      tokens.next();
      if (!tokens.skipName("in")) {
        throw tokens.unexpected("\"in\"");
      }
      return "not in";
    }
    return "";
  }

  private Expression sum() {
    Expression left = joined();
    while (tokens.isOperator("+") || tokens.isOperator("-")) {
      left = new Expression.Binary(tokens.next().text(), left, joined());
    }
    return left;
  }

  private Expression joined() {
    List<Expression> parts = new ArrayList<>(List.of(product()));
    while (tokens.skipOperator("~")) {
      parts.add(product());
    }
    return parts.size() == 1 ? parts.getFirst() : new Expression.Joined(parts);
  }

  private Expression product() {
    Expression left = power();
    while (tokens.isOperator("*")
        || tokens.isOperator("/")
        || tokens.isOperator("//")
        || tokens.isOperator("%")) {
      left = new Expression.Binary(tokens.next().text(), left, power());
    }
    return left;
  }

  private Expression power() {
    Expression left = unary(true);
    while (tokens.isOperator("**")) {
      left = new Expression.Binary(tokens.next().text(), left, unary(true));
    }
    return left;
  }

  Expression unary(boolean filtered) {
    tokens.enter();
    Expression value;
    if (tokens.isOperator("-") || tokens.isOperator("+")) {
      value = new Expression.Sign(tokens.next().text().charAt(0), unary(false));
    } else {
      value = primary();
    }
    value = postfix(value);
    tokens.leave();
    return filtered ? filtered(value) : value;
  }

  private Expression primary() {
    Token token = tokens.current();
    return switch (token.kind()) {
      case NAME -> named(tokens.next().text());
      case STRING -> string();
      case INTEGER, FLOAT -> new Expression.Constant(Numbers.parse(tokens.next()));
      case OPERATOR ->
          switch (token.text()) {
            case "(" -> parenthesised();
            case "[" -> list();
            case "{" -> dict();
            default -> throw tokens.unexpected("an expression");
          };
      default -> throw tokens.unexpected("an expression");
    };
  }

  private static Expression named(String name) {
    return switch (name) {
      case "true", "True" -> new Expression.Constant(true);
      case "false", "False" -> new Expression.Constant(false);
      case "none", "None" -> new Expression.Constant(None.NONE);
      default -> new Expression.Name(name);
    };
  }

  /** Strings that stand beside each other are one. */
  private Expression string() {
    StringBuilder text = new StringBuilder();
    while (tokens.is(Kind.STRING)) {
      text.append(tokens.next().text());
    }
    return new Expression.Constant(text.toString());
  }

  private Expression parenthesised() {
    tokens.operator("(");
    Expression inside = tokens.isOperator(")") ? new Expression.TupleOf(List.of()) : tuple(true);
    tokens.operator(")");
    return inside;
  }

  private Expression list() {
    tokens.operator("[");
    List<Expression> items = new ArrayList<>();
    while (!tokens.isOperator("]")) {
      items.add(expression());
      if (!tokens.skipOperator(",")) {
        break;
      }
    }
    tokens.operator("]");
    return new Expression.ListOf(items);
  }

  private Expression dict() {
    tokens.operator("{");
    List<Expression> keys = new ArrayList<>();
    List<Expression> values = new ArrayList<>();
    while (!tokens.isOperator("}")) {
      keys.add(expression());
      tokens.operator(":");
      values.add(expression());
      if (!tokens.skipOperator(",")) {
        break;
      }
    }
    tokens.operator("}");
    return new Expression.DictOf(keys, values);
  }

  private Expression postfix(Expression of) {
    Expression value = of;
    while (true) {
      if (tokens.skipOperator(".")) {
        value =
            tokens.is(Kind.INTEGER)
                ? new Expression.Item(value, new Expression.Constant(Numbers.parse(tokens.next())))
                : new Expression.Attribute(value, tokens.name("an attribute"));
      } else if (tokens.skipOperator("[")) {
        value = subscript(value);
      } else if (tokens.isOperator("(")) {
        value = new Expression.Call(value, arguments());
      } else {
        return value;
      }
    }
  }

  private Expression subscript(Expression of) {
    Optional<Expression> start =
        tokens.isOperator(":") ? Optional.empty() : Optional.of(expression());
    if (!tokens.isOperator(":")) {
      Expression key = start.orElseThrow();
      if (tokens.isOperator(",")) {
        throw tokens.wrong("a subscript of several parts is not supported");
      }
      tokens.operator("]");
      return new Expression.Item(of, key);
    }
    tokens.operator(":");
    Optional<Expression> stop = slicePart();
    Optional<Expression> step = tokens.skipOperator(":") ? slicePart() : Optional.empty();
    tokens.operator("]");
    return new Expression.Slice(of, start, stop, step);
  }

  private Optional<Expression> slicePart() {
    return tokens.isOperator(":") || tokens.isOperator("]")
        ? Optional.empty()
        : Optional.of(expression());
  }

  /** Filters, tests, and calls of what comes from them. */
  private Expression filtered(Expression of) {
    Expression value = of;
    while (true) {
      if (tokens.skipOperator("|")) {
        value = new Expression.Filter(value, filter());
      } else if (tokens.skipName("is")) {
        value = test(value);
      } else if (tokens.isOperator("(")) {
        value = new Expression.Call(value, arguments());
      } else {
        return value;
      }
    }
  }

  /** A filter's name and arguments. */
  FilterCall filter() {
    String name = tokens.name("a filter");
    Filters.require(name, tokens);
    return new FilterCall(name, tokens.isOperator("(") ? arguments() : CallArguments.NONE);
  }

  private Expression test(Expression value) {
    boolean negated = tokens.skipName("not");
    String name = tokens.name("a test");
    Tests.require(name, tokens);
    CallArguments arguments = CallArguments.NONE;
    if (tokens.isOperator("(")) {
      arguments = arguments();
    } else if (startsArgument()) {
      arguments = new CallArguments(List.of(postfix(primary())), List.of());
    }
    Expression test = new Expression.Test(value, name, arguments);
    return negated ? new Expression.Not(test) : test;
  }

  private boolean startsArgument() {
    Token token = tokens.current();
    return switch (token.kind()) {
      case STRING, INTEGER, FLOAT -> true;
      case OPERATOR -> token.text().equals("[") || token.text().equals("{");
      case NAME ->
          !Set.of("else", "or", "and", "is", "if", "in", "not", "recursive").contains(token.text());
      default -> false;
    };
  }

  CallArguments arguments() {
    tokens.operator("(");
    List<Expression> values = new ArrayList<>();
    List<String> names = new ArrayList<>();
    while (!tokens.isOperator(")")) {
      if (tokens.isOperator("*") || tokens.isOperator("**")) {
        throw tokens.wrong("arguments by \"*\" are not supported");
      }
      Expression value = expression();
      if (tokens.skipOperator("=")) {
        if (!(value instanceof Expression.Name(String name))) {
          throw tokens.wrong("expected a name before \"=\"");
        }
        names.add(name);
        value = expression();
      } else if (!names.isEmpty()) {
        throw tokens.wrong("an argument without a name stands behind one with a name");
      }
      values.add(value);
      if (!tokens.skipOperator(",")) {
        break;
      }
    }
    tokens.operator(")");
    return new CallArguments(values, names);
  }
}
