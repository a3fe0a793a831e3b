package dev.switchboard.model.jinja;

import dev.switchboard.model.jinja.Statement.Body;
import dev.switchboard.model.jinja.Statement.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Runs statements. */
final class Renderer {
  /** How a body ended. */
  enum Flow {
    NEXT,
    BREAK,
    CONTINUE
  }

  private final Evaluator evaluator;
  private final Budget budget;

  Renderer(Budget budget) {
    this.budget = budget;
    this.evaluator = new Evaluator(budget);
  }

  Evaluator evaluator() {
    return evaluator;
  }

  Flow render(Body body, Scope scope, StringBuilder out) {
    for (Statement statement : body.statements()) {
      Flow flow = at(statement, scope, out);
      if (flow != Flow.NEXT) {
        return flow;
      }
    }
    return Flow.NEXT;
  }

  /** A body's text by itself. */
  String text(Body body, Scope scope) {
    StringBuilder text = new StringBuilder();
    budget.enter();
    render(body, scope, text);
    budget.leave();
    return text.toString();
  }

  private Flow at(Statement statement, Scope scope, StringBuilder out) {
    budget.step();
    try {
      return run(statement, scope, out);
    } catch (JinjaException e) {
      throw e.at(statement.line());
    }
  }

  private Flow run(Statement statement, Scope scope, StringBuilder out) {
    switch (statement) {
      case Statement.Text(int line, String text) -> write(text, out);
      case Statement.Output(int line, Expression value) ->
          write(Values.text(evaluator.value(value, scope), budget), out);
      case Statement.If conditional -> {
        return conditional(conditional, scope, out);
      }
      case Statement.For loop -> loop(loop, evaluator.value(loop.over(), scope), scope, 0, out);
      case Statement.Set(int line, Target target, Expression value) ->
          assign(target, evaluator.value(value, scope), scope);
      case Statement.SetBlock block ->
          assign(
              block.target(),
              filtered(text(block.body(), scope.inner()), block.filters(), scope),
              scope);
      case Statement.Macro macro ->
          scope.set(
              macro.name(), new Macro(macro.name(), macro.signature(), macro.body(), scope, this));
      case Statement.CallBlock block -> callBlock(block, scope, out);
      case Statement.FilterBlock block ->
          write(
              Values.text(
                  filtered(text(block.body(), scope.inner()), block.filters(), scope), budget),
              out);
      case Statement.With with -> with(with, scope, out);
      case Statement.Generation(int line, Body body) -> write(text(body, scope.inner()), out);
      case Statement.Break end -> {
        return Flow.BREAK;
      }
      case Statement.Continue next -> {
        return Flow.CONTINUE;
      }
    }
    return Flow.NEXT;
  }

  private void write(String text, StringBuilder out) {
    budget.room((long) out.length() + text.length());
    budget.chars(text.length());
    out.append(text);
  }

  private Flow conditional(Statement.If conditional, Scope scope, StringBuilder out) {
    List<Expression> conditions = conditional.conditions();
    for (int i = 0; i < conditions.size(); i++) {
      if (Values.truth(evaluator.value(conditions.get(i), scope))) {
        return render(conditional.bodies().get(i), scope, out);
      }
    }
    return conditional.bodies().size() > conditions.size()
        ? render(conditional.bodies().getLast(), scope, out)
        : Flow.NEXT;
  }

  private void loop(
      Statement.For statement, Object over, Scope scope, int depth, StringBuilder out) {
    List<Object> items = items(statement, over, scope);
    Callable again =
        statement.recursive() ? arguments -> again(statement, arguments, scope, depth) : null;
    Loop loop = new Loop(items, depth, again);
    // As in jinja2, "else" follows unless some round came to its end.
    boolean completed = false;
    while (loop.advance()) {
      budget.step();
      Scope inner = scope.inner();
      assign(statement.target(), loop.item(), inner);
      inner.set("loop", loop);
      Flow flow = render(statement.body(), inner, out);
      completed |= flow == Flow.NEXT;
      if (flow == Flow.BREAK) {
        break;
      }
    }
    if (!completed) {
      render(statement.otherwise(), scope.inner(), out);
    }
  }

  private List<Object> items(Statement.For statement, Object over, Scope scope) {
    List<Object> items = Values.items(over, budget);
    Optional<Expression> condition = statement.condition();
    if (condition.isEmpty()) {
      return items;
    }
    List<Object> chosen = new ArrayList<>();
    for (Object item : items) {
      Scope inner = scope.inner();
      assign(statement.target(), item, inner);
      if (Values.truth(evaluator.value(condition.get(), inner))) {
        chosen.add(item);
      }
    }
    return chosen;
  }

  private Object again(Statement.For statement, Arguments arguments, Scope scope, int depth) {
    StringBuilder text = new StringBuilder();
    loop(statement, arguments.upTo("items").get(0, "items"), scope, depth + 1, text);
    return text.toString();
  }

  private void assign(Target target, Object value, Scope scope) {
    switch (target) {
      case Target.Variable(String name) -> scope.set(name, value);
      case Target.Attribute(String name, String attribute) -> {
        if (!(scope.get(name) instanceof Namespace namespace)) {
          throw new JinjaException(
              "\"%s.%s\" cannot be set: \"%s\" is no namespace".formatted(name, attribute, name));
        }
        namespace.set(attribute, value);
      }
      case Target.Several(List<Target> targets) -> {
        List<Object> values = Values.items(value, budget);
        if (values.size() != targets.size()) {
          throw new JinjaException(
              "%s values cannot be assigned to %s names".formatted(values.size(), targets.size()));
        }
        for (int i = 0; i < values.size(); i++) {
          assign(targets.get(i), values.get(i), scope);
        }
      }
    }
  }

  private Object filtered(Object text, List<Expression.FilterCall> filters, Scope scope) {
    Object value = text;
    for (Expression.FilterCall filter : filters) {
      value = evaluator.filtered(value, filter, scope);
    }
    return value;
  }

  private void callBlock(Statement.CallBlock block, Scope scope, StringBuilder out) {
    Macro caller = new Macro("caller", block.signature(), block.body(), scope, this);
    write(Values.text(evaluator.call(block.call(), scope, Map.of("caller", caller)), budget), out);
  }

  private void with(Statement.With with, Scope scope, StringBuilder out) {
    Scope inner = scope.inner();
    for (int i = 0; i < with.targets().size(); i++) {
      assign(with.targets().get(i), evaluator.value(with.values().get(i), scope), inner);
    }
    render(with.body(), inner, out);
  }
}
