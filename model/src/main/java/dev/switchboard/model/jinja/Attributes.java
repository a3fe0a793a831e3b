package dev.switchboard.model.jinja;

import java.util.List;
import java.util.Map;

/**
 * {@code value.name} and {@code value[key]}: an attribute's name is tried as a key, and the other
 * way round.
 */
final class Attributes {
  private Attributes() {}

  static Object attribute(Object of, String name, Budget budget) {
    return switch (of) {
      case Undefined undefined -> throw undefined.failure();
      case Namespace namespace -> namespace.get(name);
      case Loop loop -> loop.get(name);
      case String text when StringMethods.has(name) -> StringMethods.method(text, name, budget);
      case Map<?, ?> map when DictMethods.has(name) -> DictMethods.method(map, name, budget);
      case Map<?, ?> map when map.containsKey(name) -> value(map, name);
      case List<?> list when ListMethods.has(name) -> ListMethods.method(list, name, budget);
      case Tuple tuple when ListMethods.has(name) ->
          ListMethods.method(tuple.items(), name, budget);
      default -> missing(of, name);
    };
  }

  static Object item(Object of, Object key, Budget budget) {
    switch (of) {
      case Undefined undefined -> throw undefined.failure();
      case Map<?, ?> map -> {
        Object found = Values.key(key);
        if (map.containsKey(found)) {
          return value(map, found);
        }
      }
      case List<?> list when Numbers.isWhole(key) -> {
        return at(list, Numbers.whole(key));
      }
      case Tuple tuple when Numbers.isWhole(key) -> {
        return at(tuple.items(), Numbers.whole(key));
      }
      case String text when Numbers.isWhole(key) -> {
        return at(Values.items(text, budget), Numbers.whole(key));
      }
      default -> {}
    }
    return key instanceof String name
        ? attribute(of, name, budget)
        : missing(of, Values.text(key, budget));
  }

  private static Object value(Map<?, ?> map, Object key) {
    Object value = map.get(key);
    return value == null ? None.NONE : value;
  }

  private static Object at(List<?> list, long index) {
    long place = index < 0 ? index + list.size() : index;
    return place >= 0 && place < list.size()
        ? list.get((int) place)
        : new Undefined("index " + index + " of " + list.size() + " items");
  }

  private static Undefined missing(Object of, String name) {
    return new Undefined("'" + Values.type(of) + " object' has no attribute '" + name + "'");
  }
}
