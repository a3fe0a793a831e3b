package dev.switchboard.model.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Python's methods of lists and tuples; those that change one are not allowed in the sandbox. */
final class ListMethods {
  private static final Set<String> CHANGING =
      Set.of("append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse");

  private ListMethods() {}

  static boolean has(String name) {
    return CHANGING.contains(name) || Set.of("index", "count", "copy").contains(name);
  }

  static Callable method(List<?> list, String name, Budget budget) {
    return arguments -> {
      budget.items(list.size());
      return switch (name) {
        case "copy" -> new ArrayList<>(list);
        case "count" -> {
          Object item = arguments.upTo("value").get(0, "value");
          yield list.stream().filter(each -> Values.equal(each, item)).count();
        }
        case "index" -> index(list, arguments.upTo("value").get(0, "value"));
        default ->
            throw new JinjaException(
                "\"." + name + "\" would change a list, which templates may not");
      };
    };
  }

  private static long index(List<?> list, Object item) {
    for (int i = 0; i < list.size(); i++) {
      if (Values.equal(list.get(i), item)) {
        return i;
      }
    }
    throw new JinjaException("\".index\": the item is not in the list");
  }
}
