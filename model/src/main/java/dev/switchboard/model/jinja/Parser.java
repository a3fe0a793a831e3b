package dev.switchboard.model.jinja;

import dev.switchboard.model.jinja.Expression.FilterCall;
import dev.switchboard.model.jinja.Statement.Body;
import dev.switchboard.model.jinja.Statement.Signature;
import dev.switchboard.model.jinja.Statement.Target;
import dev.switchboard.model.jinja.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads a template's statements. */
final class Parser {
  private static final Set<String> RESERVED =
      Set.of("true", "True", "false", "False", "none", "None", "loop", "caller");

  private final TokenStream tokens;
  private final ExpressionParser expressions;
  private int loops;

  private Parser(TokenStream tokens) {
    this.tokens = tokens;
    this.expressions = new ExpressionParser(tokens);
  }

  /**
   * @throws JinjaException naming what is wrong, or not supported, and its line
   */
  static Body parse(String template) {
    Parser parser = new Parser(new TokenStream(Lexer.tokens(template)));
    Body body = parser.body(Set.of());
    if (!parser.tokens.is(Kind.END)) {
      throw parser.tokens.wrong("unexpected tag " + parser.tokens.current());
    }
    return body;
  }

  /** Statements up to a tag with one of these names, which is then the current token. */
  private Body body(Set<String> ends) {
    tokens.enter();
    List<Statement> statements = new ArrayList<>();
    while (!tokens.is(Kind.END)) {
      Token token = tokens.next();
      switch (token.kind()) {
        case TEXT -> statements.add(new Statement.Text(token.line(), token.text()));
        case VARIABLE_BEGIN -> {
          statements.add(new Statement.Output(token.line(), expressions.tuple()));
          tokens.end(Kind.VARIABLE_END);
        }
        default -> {
          if (tokens.is(Kind.NAME) && ends.contains(tokens.current().text())) {
            tokens.leave();
            return new Body(statements);
          }
          statements.add(statement(token.line(), tokens.name("a tag")));
        }
      }
    }
    if (!ends.isEmpty()) {
      throw tokens.wrong(
          "tag \"" + ends.stream().sorted().reduce((a, b) -> b).orElse("") + "\" is missing");
    }
    tokens.leave();
    return new Body(statements);
  }

  /** Statements up to a tag, which is read with its end. */
  private Body bodyTo(String end) {
    Body body = body(Set.of(end));
    tokens.next();
    tokens.end(Kind.BLOCK_END);
    return body;
  }

  private Statement statement(int line, String tag) {
    return switch (tag) {
      case "if" -> conditional(line);
      case "for" -> loop(line);
      case "set" -> assignment(line);
      case "macro" -> macro(line);
      case "call" -> callBlock(line);
      case "filter" -> {
        List<FilterCall> filters = filters();
        tokens.end(Kind.BLOCK_END);
        yield new Statement.FilterBlock(line, filters, bodyTo("endfilter"));
      }
      case "with" -> with(line);
      case "generation" -> {
        tokens.end(Kind.BLOCK_END);
        yield new Statement.Generation(line, bodyTo("endgeneration"));
      }
      case "break" -> {
        requireLoop(tag);
        yield new Statement.Break(line);
      }
      case "continue" -> {
        requireLoop(tag);
        yield new Statement.Continue(line);
      }
      default -> throw new JinjaException("tag \"" + tag + "\" is not supported").at(line);
    };
  }

  private void requireLoop(String tag) {
    if (loops == 0) {
      throw tokens.wrong("\"" + tag + "\" outside of a loop");
    }
    tokens.end(Kind.BLOCK_END);
  }

  private Statement conditional(int line) {
    List<Expression> conditions = new ArrayList<>();
    List<Body> bodies = new ArrayList<>();
    String tag = "if";
    while (tag.equals("if") || tag.equals("elif")) {
      conditions.add(expressions.tuple(false));
      tokens.end(Kind.BLOCK_END);
      bodies.add(body(Set.of("elif", "else", "endif")));
      tag = tokens.next().text();
    }
    tokens.end(Kind.BLOCK_END);
    if (tag.equals("else")) {
      bodies.add(bodyTo("endif"));
    }
    return new Statement.If(line, conditions, bodies);
  }

  private Statement loop(int line) {
    Target target = target(false);
    if (!tokens.skipName("in")) {
      throw tokens.unexpected("\"in\"");
    }
    Expression over = expressions.tuple(false);
    Optional<Expression> condition =
        tokens.skipName("if") ? Optional.of(expressions.expression()) : Optional.empty();
    boolean recursive = tokens.skipName("recursive");
    tokens.end(Kind.BLOCK_END);
    loops++;
    Body body = body(Set.of("else", "endfor"));
    loops--;
    boolean hasElse = tokens.next().text().equals("else");
    tokens.end(Kind.BLOCK_END);
    Body otherwise = hasElse ? bodyTo("endfor") : new Body(List.of());
    return new Statement.For(line, target, over, condition, recursive, body, otherwise);
  }

  private Statement assignment(int line) {
    Target target = target(true);
    if (tokens.skipOperator("=")) {
      Expression value = expressions.tuple();
      tokens.end(Kind.BLOCK_END);
      return new Statement.Set(line, target, value);
    }
    List<FilterCall> filters = tokens.skipOperator("|") ? filters() : List.of();
    tokens.end(Kind.BLOCK_END);
    return new Statement.SetBlock(line, target, filters, bodyTo("endset"));
  }

  private List<FilterCall> filters() {
    List<FilterCall> filters = new ArrayList<>(List.of(expressions.filter()));
    while (tokens.skipOperator("|")) {
      filters.add(expressions.filter());
    }
    return filters;
  }

  private Target target(boolean mayBeAttribute) {
    List<Target> targets = new ArrayList<>();
    boolean several = false;
    do {
      if (!targets.isEmpty()) {
        several = true;
        if (!tokens.is(Kind.NAME) && !tokens.isOperator("(")) {
          break;
        }
      }
      targets.add(singleTarget(mayBeAttribute));
    } while (tokens.skipOperator(","));
    return several ? new Target.Several(targets) : targets.getFirst();
  }

  private Target singleTarget(boolean mayBeAttribute) {
    if (tokens.skipOperator("(")) {
      tokens.enter();
      Target inside = target(mayBeAttribute);
      tokens.leave();
      tokens.operator(")");
      return inside;
    }
    String name = tokens.name("a name to assign to");
    if (mayBeAttribute && tokens.skipOperator(".")) {
      return new Target.Attribute(name, tokens.name("an attribute"));
    }
    if (RESERVED.contains(name) && !name.equals("caller")) {
      throw tokens.wrong("\"" + name + "\" cannot be assigned to");
    }
    return new Target.Variable(name);
  }

  private Signature signature() {
    List<String> names = new ArrayList<>();
    List<Expression> fallbacks = new ArrayList<>();
    tokens.operator("(");
    while (!tokens.isOperator(")")) {
      names.add(tokens.name("a parameter"));
      if (tokens.skipOperator("=")) {
        fallbacks.add(expressions.expression());
      } else if (!fallbacks.isEmpty()) {
        throw tokens.wrong("a parameter without a fallback stands behind one with a fallback");
      }
      if (!tokens.skipOperator(",")) {
        break;
      }
    }
    tokens.operator(")");
    return new Signature(names, fallbacks);
  }

  private Statement macro(int line) {
    String name = tokens.name("the macro's name");
    Signature signature = signature();
    tokens.end(Kind.BLOCK_END);
    return new Statement.Macro(line, name, signature, ownLoops("endmacro"));
  }

  private Statement callBlock(int line) {
    Signature signature =
        tokens.isOperator("(") ? signature() : new Signature(List.of(), List.of());
    if (!(expressions.expression() instanceof Expression.Call call)) {
      throw tokens.wrong("expected a call");
    }
    tokens.end(Kind.BLOCK_END);
    return new Statement.CallBlock(line, signature, call, ownLoops("endcall"));
  }

  /** A body that is rendered elsewhere cannot leave a loop that is here. */
  private Body ownLoops(String end) {
    int outside = loops;
    loops = 0;
    Body body = bodyTo(end);
    loops = outside;
    return body;
  }

  private Statement with(int line) {
    List<Target> targets = new ArrayList<>();
    List<Expression> values = new ArrayList<>();
    while (!tokens.is(Kind.BLOCK_END)) {
      targets.add(target(false));
      tokens.operator("=");
      values.add(expressions.expression());
      if (!tokens.skipOperator(",")) {
        break;
      }
    }
    tokens.end(Kind.BLOCK_END);
    return new Statement.With(line, targets, values, bodyTo("endwith"));
  }
}
