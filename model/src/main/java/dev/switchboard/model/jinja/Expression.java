package dev.switchboard.model.jinja;

import java.util.List;
import java.util.Optional;

/** What has a value. */
sealed interface Expression {
  record Constant(Object value) implements Expression {}

  record Name(String name) implements Expression {}

  record ListOf(List<Expression> items) implements Expression {
    public ListOf {
      items = List.copyOf(items);
    }
  }

  record TupleOf(List<Expression> items) implements Expression {
    public TupleOf {
      items = List.copyOf(items);
    }
  }

  record DictOf(List<Expression> keys, List<Expression> values) implements Expression {
    public DictOf {
      keys = List.copyOf(keys);
      values = List.copyOf(values);
    }
  }

  /** {@code of.name} */
  record Attribute(Expression of, String name) implements Expression {}

  /** {@code of[key]} */
  record Item(Expression of, Expression key) implements Expression {}

  /** {@code of[start:stop:step]} */
  record Slice(
      Expression of,
      Optional<Expression> start,
      Optional<Expression> stop,
      Optional<Expression> step)
      implements Expression {}

  record Call(Expression function, CallArguments arguments) implements Expression {}

  record Filter(Expression value, FilterCall filter) implements Expression {}

  record Test(Expression value, String name, CallArguments arguments) implements Expression {}

  record Not(Expression value) implements Expression {}

  /** {@code +} or {@code -} */
  record Sign(char sign, Expression value) implements Expression {}

  record Binary(String operator, Expression left, Expression right) implements Expression {}

  record And(Expression left, Expression right) implements Expression {}

  record Or(Expression left, Expression right) implements Expression {}

  /** {@code first op second op third}: each operator stands before its operand. */
  record Comparison(Expression first, List<String> operators, List<Expression> operands)
      implements Expression {
    public Comparison {
      operators = List.copyOf(operators);
      operands = List.copyOf(operands);
    }
  }

  record Joined(List<Expression> parts) implements Expression {
    public Joined {
      parts = List.copyOf(parts);
    }
  }

  /** {@code then if condition else otherwise} */
  record Conditional(Expression condition, Expression then, Optional<Expression> otherwise)
      implements Expression {}

  /** A filter as it is written, without the value that it is given. */
  record FilterCall(String name, CallArguments arguments) {}

  /**
   * Arguments as they are written.
   *
   * @param names of the last of the values; those before have none
   */
  record CallArguments(List<Expression> values, List<String> names) {
    static final CallArguments NONE = new CallArguments(List.of(), List.of());

    public CallArguments {
      values = List.copyOf(values);
      names = List.copyOf(names);
    }

    int unnamed() {
      return values.size() - names.size();
    }
  }
}
