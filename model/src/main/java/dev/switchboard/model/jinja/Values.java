package dev.switchboard.model.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What can be asked of any value. Values are: {@link String}, {@link Boolean}, {@link Long}, {@link
 * Double}, {@link None}, {@link Undefined}, {@link List}, {@link Tuple}, {@link Map}, {@link
 * Namespace}, {@link Loop} and {@link Callable}.
 */
final class Values {
  private Values() {}

  static boolean truth(Object value) {
    return switch (value) {
      case Boolean flag -> flag;
      case String text -> !text.isEmpty();
      case Long whole -> whole != 0;
      case Double real -> real != 0;
      case None none -> false;
      case Undefined undefined -> false;
      case List<?> list -> !list.isEmpty();
      case Tuple tuple -> !tuple.items().isEmpty();
      case Map<?, ?> map -> !map.isEmpty();
      default -> true;
    };
  }

  /** How Python names a value's type. */
  static String type(Object value) {
    return switch (value) {
      case String text -> "str";
      case Boolean flag -> "bool";
      case Long whole -> "int";
      case Double real -> "float";
      case None none -> "NoneType";
      case Undefined undefined -> "Undefined";
      case List<?> list -> "list";
      case Tuple tuple -> "tuple";
      case Map<?, ?> map -> "dict";
      case Namespace namespace -> "Namespace";
      case Loop loop -> "LoopContext";
      default -> "function";
    };
  }

  static boolean equal(Object left, Object right) {
    if (Numbers.isNumber(left) && Numbers.isNumber(right)) {
      return isNan(left) || isNan(right) ? false : Numbers.compare(left, right) == 0;
    }
    if (left instanceof List<?> a && right instanceof List<?> b) {
      return equalItems(a, b);
    }
    if (left instanceof Tuple a && right instanceof Tuple b) {
      return equalItems(a.items(), b.items());
    }
    if (left instanceof Map<?, ?> a && right instanceof Map<?, ?> b) {
      return a.size() == b.size()
          && a.entrySet().stream()
              .allMatch(entry ->
                  b.containsKey(entry.getKey())
                      && equal(entry.getValue(), Objects.requireNonNull(b.get(entry.getKey()))));
    }
    return left instanceof Undefined && right instanceof Undefined || left.equals(right);
  }

  private static boolean isNan(Object value) {
    return value instanceof Double real && real.isNaN();
  }

  private static boolean equalItems(List<?> left, List<?> right) {
    if (left.size() != right.size()) {
      return false;
    }
    for (int i = 0; i < left.size(); i++) {
      if (!equal(left.get(i), right.get(i))) {
        return false;
      }
    }
    return true;
  }

  /**
   * @throws JinjaException if they have no order
   */
  static int compare(Object left, Object right) {
    if (Numbers.isNumber(left) && Numbers.isNumber(right)) {
      return Numbers.compare(left, right);
    }
    if (left instanceof String a && right instanceof String b) {
      return compareTexts(a, b);
    }
    if (left instanceof List<?> a && right instanceof List<?> b) {
      return compareItems(a, b);
    }
    if (left instanceof Tuple a && right instanceof Tuple b) {
      return compareItems(a.items(), b.items());
    }
    throw undefinedOr(
        left, right, "'%s' and '%s' have no order".formatted(type(left), type(right)));
  }

  private static int compareItems(List<?> left, List<?> right) {
    for (int i = 0; i < Math.min(left.size(), right.size()); i++) {
      if (!equal(left.get(i), right.get(i))) {
        return compare(left.get(i), right.get(i));
      }
    }
    return Integer.compare(left.size(), right.size());
  }

  /** By code points. */
  private static int compareTexts(String left, String right) {
    int at = 0;
    while (at < left.length() && at < right.length() && left.charAt(at) == right.charAt(at)) {
      at++;
    }
    if (at == left.length() || at == right.length()) {
      return Integer.compare(left.length(), right.length());
    }
    return Integer.compare(left.codePointAt(at), right.codePointAt(at));
  }

  /** The failure of an operation: that an operand is not there, if so. */
  static JinjaException undefinedOr(Object left, Object right, String otherwise) {
    return left instanceof Undefined a
        ? a.failure()
        : right instanceof Undefined b ? b.failure() : new JinjaException(otherwise);
  }

  /** What a loop over a value sees. */
  static List<Object> items(Object value, Budget budget) {
    switch (value) {
      case List<?> list -> {
        return new ArrayList<>(list);
      }
      case Tuple tuple -> {
        return tuple.items();
      }
      case Map<?, ?> map -> {
        return new ArrayList<>(map.keySet());
      }
      case Undefined undefined -> {
        return List.of();
      }
      case String text -> {
        budget.items(text.length());
        List<Object> characters = new ArrayList<>(text.length());
        for (int at = 0; at < text.length(); at = Strings.next(text, at)) {
          characters.add(text.substring(at, Strings.next(text, at)));
        }
        return characters;
      }
      default -> throw new JinjaException("'" + type(value) + "' cannot be looped over");
    }
  }

  static boolean isIterable(Object value) {
    return value instanceof List
        || value instanceof Tuple
        || value instanceof Map
        || value instanceof String
        || value instanceof Undefined;
  }

  static long length(Object value) {
    return switch (value) {
      case String text -> Strings.length(text);
      case List<?> list -> list.size();
      case Tuple tuple -> tuple.items().size();
      case Map<?, ?> map -> map.size();
      case Undefined undefined -> 0;
      case Loop loop -> loop.length();
      default -> throw new JinjaException("'" + type(value) + "' has no length");
    };
  }

  static boolean contains(Object container, Object item, Budget budget) {
    if (container instanceof String text) {
      if (!(item instanceof String part)) {
        throw undefinedOr(
            item, item, "'in <string>' requires a string, not '%s'".formatted(type(item)));
      }
      budget.chars(text.length());
      return text.contains(part);
    }
    if (container instanceof Map<?, ?> map) {
      return map.containsKey(key(item));
    }
    List<Object> items = items(container, budget);
    budget.items(items.size());
    return items.stream().anyMatch(each -> equal(each, item));
  }

  /** A value as the key of a dict: equal numbers are one key. */
  static Object key(Object value) {
    if (value instanceof List || value instanceof Map) {
      throw new JinjaException("'" + type(value) + "' cannot be a key");
    }
    if (value instanceof Boolean) {
      return Numbers.whole(value);
    }
    return value instanceof Double real && real == Math.rint(real) && Math.abs(real) < 1e15
        ? (Object) (long) (double) real
        : value;
  }

  /** As it is written in a text. */
  static String text(Object value, Budget budget) {
    return value instanceof String text ? text : Repr.of(value, budget);
  }
}
