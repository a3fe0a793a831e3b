package dev.switchboard.model.jinja;

import dev.switchboard.model.jinja.Expression.CallArguments;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Values of expressions. */
final class Evaluator {
  private final Budget budget;
  private final Filters filters;

  Evaluator(Budget budget) {
    this.budget = budget;
    this.filters = new Filters(budget);
  }

  Budget budget() {
    return budget;
  }

  Object value(Expression expression, Scope scope) {
    budget.step();
    return switch (expression) {
      case Expression.Constant(Object value) -> value;
      case Expression.Name(String name) -> scope.get(name);
      case Expression.ListOf(List<Expression> items) -> values(items, scope);
      case Expression.TupleOf(List<Expression> items) -> new Tuple(values(items, scope));
      case Expression.DictOf dict -> dict(dict, scope);
      case Expression.Attribute(Expression of, String name) ->
          Attributes.attribute(value(of, scope), name, budget);
      case Expression.Item(Expression of, Expression key) ->
          Attributes.item(value(of, scope), value(key, scope), budget);
      case Expression.Slice slice -> slice(slice, scope);
      case Expression.Call call -> call(call, scope, Map.of());
      case Expression.Filter(Expression of, Expression.FilterCall filter) ->
          filtered(value(of, scope), filter, scope);
      case Expression.Test(Expression of, String name, CallArguments arguments) ->
          Tests.test(
              value(of, scope), arguments("test \"" + name + "\"", arguments, scope), name, budget);
      case Expression.Not(Expression of) -> !Values.truth(value(of, scope));
      case Expression.Sign(char sign, Expression of) -> signed(sign, value(of, scope));
      case Expression.Binary(String operator, Expression left, Expression right) ->
          Operators.binary(operator, value(left, scope), value(right, scope), budget);
      case Expression.And(Expression left, Expression right) -> {
        Object first = value(left, scope);
        yield Values.truth(first) ? value(right, scope) : first;
      }
      case Expression.Or(Expression left, Expression right) -> {
        Object first = value(left, scope);
        yield Values.truth(first) ? first : value(right, scope);
      }
      case Expression.Comparison comparison -> compared(comparison, scope);
      case Expression.Joined(List<Expression> parts) -> joined(parts, scope);
      case Expression.Conditional conditional -> conditional(conditional, scope);
    };
  }

  private List<Object> values(List<Expression> expressions, Scope scope) {
    List<Object> values = new ArrayList<>(expressions.size());
    expressions.forEach(expression -> values.add(value(expression, scope)));
    return values;
  }

  private Object dict(Expression.DictOf dict, Scope scope) {
    Map<Object, Object> map = new LinkedHashMap<>();
    for (int i = 0; i < dict.keys().size(); i++) {
      map.put(Values.key(value(dict.keys().get(i), scope)), value(dict.values().get(i), scope));
    }
    return map;
  }

  private Object slice(Expression.Slice slice, Scope scope) {
    return Operators.slice(
        value(slice.of(), scope),
        part(slice.start(), scope),
        part(slice.stop(), scope),
        part(slice.step(), scope),
        budget);
  }

  private Object part(Optional<Expression> part, Scope scope) {
    return part.map(expression -> value(expression, scope)).orElse(None.NONE);
  }

  /**
   * @param extra more named arguments
   */
  Object call(Expression.Call call, Scope scope, Map<String, Object> extra) {
    Object function = value(call.function(), scope);
    if (function instanceof Undefined undefined) {
      throw undefined.failure();
    }
    if (!(function instanceof Callable callable)) {
      throw new JinjaException("'" + Values.type(function) + "' cannot be called");
    }
    Arguments arguments = arguments(nameOf(call.function()), call.arguments(), scope);
    if (!extra.isEmpty()) {
      Map<String, Object> named = new LinkedHashMap<>(arguments.named());
      named.putAll(extra);
      arguments = new Arguments(arguments.of(), arguments.values(), named);
    }
    budget.enter();
    Object result = callable.call(arguments);
    budget.leave();
    return result;
  }

  private static String nameOf(Expression function) {
    return switch (function) {
      case Expression.Name(String name) -> "\"" + name + "\"";
      case Expression.Attribute(Expression of, String name) -> "\"." + name + "\"";
      default -> "a call";
    };
  }

  private Arguments arguments(String of, CallArguments given, Scope scope) {
    List<Object> values = new ArrayList<>();
    Map<String, Object> named = new LinkedHashMap<>();
    for (int i = 0; i < given.values().size(); i++) {
      Object value = value(given.values().get(i), scope);
      if (i < given.unnamed()) {
        values.add(value);
      } else if (named.put(given.names().get(i - given.unnamed()), value) != null) {
        throw new JinjaException(of + ": an argument is given twice");
      }
    }
    return new Arguments(of, values, named);
  }

  Object filtered(Object value, Expression.FilterCall filter, Scope scope) {
    Arguments arguments = arguments("filter \"" + filter.name() + "\"", filter.arguments(), scope);
    return filters.apply(filter.name(), value, arguments);
  }

  private static Object signed(char sign, Object value) {
    if (!Numbers.isNumber(value)) {
      throw Values.undefinedOr(value, value, "'%s' has no sign".formatted(Values.type(value)));
    }
    return sign == '+'
        ? Numbers.binary("+", 0L, value)
        : value instanceof Double real ? (Object) (-real) : Numbers.binary("-", 0L, value);
  }

  private Object compared(Expression.Comparison comparison, Scope scope) {
    Object left = value(comparison.first(), scope);
    for (int i = 0; i < comparison.operators().size(); i++) {
      Object right = value(comparison.operands().get(i), scope);
      if (!Operators.compare(comparison.operators().get(i), left, right, budget)) {
        return false;
      }
      left = right;
    }
    return true;
  }

  private Object joined(List<Expression> parts, Scope scope) {
    StringBuilder text = new StringBuilder();
    for (Expression part : parts) {
      text.append(Values.text(value(part, scope), budget));
      budget.room(text.length());
    }
    budget.chars(text.length());
    return text.toString();
  }

  private Object conditional(Expression.Conditional conditional, Scope scope) {
    if (Values.truth(value(conditional.condition(), scope))) {
      return value(conditional.then(), scope);
    }
    return conditional
        .otherwise()
        .map(otherwise -> value(otherwise, scope))
        .orElseGet(() -> new Undefined("the condition is false, and there is no \"else\""));
  }
}
