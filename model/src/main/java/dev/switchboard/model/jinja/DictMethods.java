package dev.switchboard.model.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Python's methods of dicts; those that change one are not allowed in the sandbox. */
final class DictMethods {
  private static final Set<String> CHANGING =
      Set.of("update", "pop", "popitem", "clear", "setdefault");

  private DictMethods() {}

  static boolean has(String name) {
    return CHANGING.contains(name)
        || Set.of("items", "keys", "values", "get", "copy").contains(name);
  }

  static Callable method(Map<?, ?> map, String name, Budget budget) {
    return arguments -> {
      budget.items(map.size());
      return switch (name) {
        case "items" -> items(map);
        case "keys" -> new ArrayList<Object>(map.keySet());
        case "values" -> new ArrayList<Object>(map.values());
        case "copy" -> new LinkedHashMap<Object, Object>(map);
        case "get" -> {
          arguments.upTo("key", "default");
          Object value = map.get(Values.key(arguments.get(0, "key")));
          yield value == null ? arguments.get(1, "default", None.NONE) : value;
        }
        default ->
            throw new JinjaException(
                "\"." + name + "\" would change a dict, which templates may not");
      };
    };
  }

  static List<Object> items(Map<?, ?> map) {
    List<Object> items = new ArrayList<>();
    map.forEach((key, value) -> items.add(new Tuple(List.of(key, value))));
    return items;
  }
}
