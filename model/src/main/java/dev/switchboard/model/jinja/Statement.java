package dev.switchboard.model.jinja;

import java.util.List;
import java.util.Optional;

/** What writes or does something. */
sealed interface Statement {
  int line();

  record Text(int line, String text) implements Statement {}

  record Output(int line, Expression value) implements Statement {}

  /** Each body belongs to the condition at its place; the last may have none. */
  record If(int line, List<Expression> conditions, List<Body> bodies) implements Statement {
    public If {
      conditions = List.copyOf(conditions);
      bodies = List.copyOf(bodies);
    }
  }

  record For(
      int line,
      Target target,
      Expression over,
      Optional<Expression> condition,
      boolean recursive,
      Body body,
      Body otherwise)
      implements Statement {}

  record Set(int line, Target target, Expression value) implements Statement {}

  record SetBlock(int line, Target target, List<Expression.FilterCall> filters, Body body)
      implements Statement {
    public SetBlock {
      filters = List.copyOf(filters);
    }
  }

  record Macro(int line, String name, Signature signature, Body body) implements Statement {}

  record CallBlock(int line, Signature signature, Expression.Call call, Body body)
      implements Statement {}

  record FilterBlock(int line, List<Expression.FilterCall> filters, Body body)
      implements Statement {
    public FilterBlock {
      filters = List.copyOf(filters);
    }
  }

  record With(int line, List<Target> targets, List<Expression> values, Body body)
      implements Statement {
    public With {
      targets = List.copyOf(targets);
      values = List.copyOf(values);
    }
  }

  /** What an assistant wrote: a mark for training, which renders as its inside. */
  record Generation(int line, Body body) implements Statement {}

  record Break(int line) implements Statement {}

  record Continue(int line) implements Statement {}

  /** Statements in their order. */
  record Body(List<Statement> statements) {
    public Body {
      statements = List.copyOf(statements);
    }
  }

  /** Names of parameters; the last of them have fallbacks. */
  record Signature(List<String> names, List<Expression> fallbacks) {
    public Signature {
      names = List.copyOf(names);
      fallbacks = List.copyOf(fallbacks);
    }
  }

  /** What is assigned to. */
  sealed interface Target {
    record Variable(String name) implements Target {}

    /** {@code name.attribute} of a namespace. */
    record Attribute(String name, String attribute) implements Target {}

    record Several(List<Target> targets) implements Target {
      public Several {
        targets = List.copyOf(targets);
      }
    }
  }
}
