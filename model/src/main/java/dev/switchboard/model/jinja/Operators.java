package dev.switchboard.model.jinja;

import java.util.ArrayList;
import java.util.List;

/** Operators between values. */
final class Operators {
  private Operators() {}

  static Object binary(String operator, Object left, Object right, Budget budget) {
    if (Numbers.isNumber(left) && Numbers.isNumber(right)) {
      return Numbers.binary(operator, left, right);
    }
    return switch (operator) {
      case "+" -> sum(left, right, budget);
      case "*" -> {
        boolean counted = Numbers.isWhole(right);
        yield repeated(counted ? left : right, counted ? right : left, budget);
      }
      case "%" -> {
        if (left instanceof String format) {
          yield Formats.percent(format, right, budget);
        }
        throw unsupported(operator, left, right);
      }
      default -> throw unsupported(operator, left, right);
    };
  }

  private static Object sum(Object left, Object right, Budget budget) {
    if (left instanceof String a && right instanceof String b) {
      budget.text((long) a.length() + b.length());
      return a + b;
    }
    if (left instanceof List<?> a && right instanceof List<?> b) {
      return joined(a, b, budget);
    }
    if (left instanceof Tuple a && right instanceof Tuple b) {
      return new Tuple(joined(a.items(), b.items(), budget));
    }
    throw unsupported("+", left, right);
  }

  private static List<Object> joined(List<?> left, List<?> right, Budget budget) {
    budget.items((long) left.size() + right.size());
    List<Object> all = new ArrayList<>(left);
    all.addAll(right);
    return all;
  }

  private static Object repeated(Object value, Object count, Budget budget) {
    if (!Numbers.isWhole(count)) {
      throw unsupported("*", value, count);
    }
    long times = Math.clamp(Numbers.whole(count), 0, Integer.MAX_VALUE);
    switch (value) {
      case String text -> {
        budget.text(times * text.length());
        return text.repeat((int) times);
      }
      case List<?> list -> {
        budget.items(times * list.size());
        List<Object> all = new ArrayList<>();
        for (long i = 0; i < times && !list.isEmpty(); i++) {
          all.addAll(list);
        }
        return all;
      }
      default -> throw unsupported("*", value, count);
    }
  }

  static boolean compare(String operator, Object left, Object right, Budget budget) {
    return switch (operator) {
      case "==" -> Values.equal(left, right);
      case "!=" -> !Values.equal(left, right);
      case "in" -> Values.contains(right, left, budget);
      case "not in" -> !Values.contains(right, left, budget);
      case "<" -> Values.compare(left, right) < 0;
      case "<=" -> Values.compare(left, right) <= 0;
      case ">" -> Values.compare(left, right) > 0;
      default -> Values.compare(left, right) >= 0;
    };
  }

  /** As {@code of[start:stop:step]}; a part that is not given is None. */
  static Object slice(Object of, Object start, Object stop, Object step, Budget budget) {
    switch (of) {
      case String text -> {
        List<Object> characters = Values.items(text, budget);
        StringBuilder part = new StringBuilder();
        picked(characters, start, stop, step).forEach(part::append);
        return part.toString();
      }
      case List<?> list -> {
        budget.items(list.size());
        return picked(list, start, stop, step);
      }
      case Tuple tuple -> {
        return new Tuple(picked(tuple.items(), start, stop, step));
      }
      default ->
          throw Values.undefinedOr(of, of, "'%s' cannot be sliced".formatted(Values.type(of)));
    }
  }

  private static List<Object> picked(List<?> items, Object start, Object stop, Object step) {
    int by = bound(step, 1);
    if (by == 0) {
      throw new JinjaException("the step of a slice is 0");
    }
    int size = items.size();
    int least = by > 0 ? 0 : -1;
    int most = by > 0 ? size : size - 1;
    int from =
        start == None.NONE ? (by > 0 ? least : most) : within(bound(start, 0), size, least, most);
    int to =
        stop == None.NONE ? (by > 0 ? most : least) : within(bound(stop, 0), size, least, most);
    List<Object> picked = new ArrayList<>();
    for (long i = from; by > 0 ? i < to : i > to; i += by) {
      picked.add(items.get((int) i));
    }
    return picked;
  }

  private static int within(int bound, int size, int least, int most) {
    return Math.clamp(bound < 0 ? (long) bound + size : bound, least, Math.max(least, most));
  }

  private static int bound(Object value, int fallback) {
    if (value == None.NONE) {
      return fallback;
    }
    if (!Numbers.isWhole(value)) {
      throw Values.undefinedOr(value, value, "the bounds of a slice are to be whole numbers");
    }
    return Math.clamp(Numbers.whole(value), Integer.MIN_VALUE, Integer.MAX_VALUE);
  }

  private static JinjaException unsupported(String operator, Object left, Object right) {
    return Values.undefinedOr(
        left,
        right,
        "operator \"%s\" between '%s' and '%s'"
            .formatted(operator, Values.type(left), Values.type(right)));
  }
}
