package dev.switchboard.model.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Filters on lists. */
final class ListFilters {
  private ListFilters() {}

  static Object end(Object value, boolean first, Budget budget) {
    List<Object> items = Values.items(value, budget);
    if (items.isEmpty()) {
      return new Undefined("there is no " + (first ? "first" : "last") + " item of none");
    }
    return first ? items.getFirst() : items.getLast();
  }

  static Object items(Object value) {
    if (value instanceof Undefined) {
      return List.of();
    }
    if (value instanceof Map<?, ?> map) {
      return DictMethods.items(map);
    }
    throw new JinjaException(
        "filter \"items\": expected a dict, found '" + Values.type(value) + "'");
  }

  /** An attribute by its path: {@code a.b.0}. */
  static Object path(Object value, Object path, Budget budget) {
    if (!(path instanceof String text)) {
      return Attributes.item(value, path, budget);
    }
    Object found = value;
    for (String name : text.split("\\.", -1)) {
      Object key = name.matches("\\d{1,9}") ? (Object) Long.parseLong(name) : name;
      found = Attributes.item(found, key, budget);
    }
    return found;
  }

  static String join(Object value, Arguments arguments, Budget budget) {
    arguments.upTo("d", "attribute");
    String between = Values.text(arguments.get(0, "d", ""), budget);
    StringBuilder text = new StringBuilder();
    boolean first = true;
    for (Object item : Values.items(value, budget)) {
      Object part =
          arguments.has(1, "attribute") ? path(item, arguments.get(1, "attribute"), budget) : item;
      text.append(first ? "" : between).append(Values.text(part, budget));
      budget.room(text.length());
      first = false;
    }
    return text.toString();
  }

  static Object map(Object value, Arguments arguments, Filters filters) {
    List<Object> result = new ArrayList<>();
    Object attribute = arguments.named().get("attribute");
    for (Object item : some(value, filters.budget())) {
      if (attribute != null) {
        Object found = path(item, attribute, filters.budget());
        result.add(
            found instanceof Undefined ? arguments.named().getOrDefault("default", found) : found);
      } else {
        String name = arguments.text(0, "filter");
        result.add(filters.apply(name, item, rest(arguments, 1)));
      }
    }
    return result;
  }

  /** What is false has no items here. */
  private static List<Object> some(Object value, Budget budget) {
    return Values.truth(value) ? Values.items(value, budget) : List.of();
  }

  private static Arguments rest(Arguments arguments, int from) {
    List<Object> values = arguments.values();
    return new Arguments(
        arguments.of(),
        values.subList(Math.min(from, values.size()), values.size()),
        arguments.named());
  }

  static Object select(Object value, Arguments arguments, boolean wanted, Budget budget) {
    List<Object> result = new ArrayList<>();
    for (Object item : some(value, budget)) {
      if (passes(item, arguments, 0, budget) == wanted) {
        result.add(item);
      }
    }
    return result;
  }

  static Object selectAttribute(Object value, Arguments arguments, boolean wanted, Budget budget) {
    List<Object> result = new ArrayList<>();
    for (Object item : some(value, budget)) {
      Object attribute = path(item, arguments.get(0, "attribute"), budget);
      if (passes(attribute, arguments, 1, budget) == wanted) {
        result.add(item);
      }
    }
    return result;
  }

  /** By the test whose name is the argument at this place; without one by its truth. */
  private static boolean passes(Object value, Arguments arguments, int place, Budget budget) {
    return place < arguments.values().size()
        ? Tests.test(value, rest(arguments, place + 1), arguments.text(place, "test"), budget)
        : Values.truth(value);
  }

  static Object reversed(Object value, Budget budget) {
    if (value instanceof String text) {
      return new StringBuilder(text).reverse().toString();
    }
    List<Object> items = new ArrayList<>(Values.items(value, budget));
    Collections.reverse(items);
    return items;
  }

  static Object sort(Object value, Arguments arguments, Budget budget) {
    arguments.upTo("reverse", "case_sensitive", "attribute");
    List<Object> items = new ArrayList<>(Values.items(value, budget));
    Comparator<Object> order = order(arguments, 1, 2, budget);
    items.sort(arguments.flag(0, "reverse", false) ? order.reversed() : order);
    return items;
  }

  private static Comparator<Object> order(
      Arguments arguments, int casePlace, int attributePlace, Budget budget) {
    boolean exact = arguments.flag(casePlace, "case_sensitive", false);
    Object attribute = arguments.get(attributePlace, "attribute", None.NONE);
    return (left, right) -> {
      budget.step();
      return Values.compare(
          folded(attributeOf(left, attribute, budget), exact),
          folded(attributeOf(right, attribute, budget), exact));
    };
  }

  private static Object attributeOf(Object item, Object attribute, Budget budget) {
    return attribute == None.NONE ? item : path(item, attribute, budget);
  }

  private static Object folded(Object value, boolean exact) {
    return !exact && value instanceof String text ? text.toLowerCase(Locale.ROOT) : value;
  }

  static Object extreme(Object value, Arguments arguments, int sign, Budget budget) {
    arguments.upTo("case_sensitive", "attribute");
    Comparator<Object> order = order(arguments, 0, 1, budget);
    return Values.items(value, budget).stream()
        .reduce((best, item) -> sign * order.compare(item, best) > 0 ? item : best)
        .orElse(new Undefined("there is no extreme item of none"));
  }

  static Object dictSort(Object value, Arguments arguments) {
    arguments.upTo("case_sensitive", "by", "reverse");
    if (!(value instanceof Map<?, ?> map)) {
      throw Values.undefinedOr(value, value, "filter \"dictsort\": expected a dict");
    }
    int place = arguments.text(1, "by", "key").equals("value") ? 1 : 0;
    boolean exact = arguments.flag(0, "case_sensitive", false);
    Comparator<Object> order =
        (left, right) ->
            Values.compare(
                folded(((Tuple) left).items().get(place), exact),
                folded(((Tuple) right).items().get(place), exact));
    List<Object> items = DictMethods.items(map);
    items.sort(arguments.flag(2, "reverse", false) ? order.reversed() : order);
    return items;
  }

  static Object unique(Object value, Arguments arguments, Budget budget) {
    arguments.upTo("case_sensitive", "attribute");
    boolean exact = arguments.flag(0, "case_sensitive", false);
    Map<Object, Object> seen = new LinkedHashMap<>();
    for (Object item : Values.items(value, budget)) {
      Object key = attributeOf(item, arguments.get(1, "attribute", None.NONE), budget);
      seen.putIfAbsent(Values.key(folded(key, exact)), item);
    }
    return new ArrayList<>(seen.values());
  }

  static Object sum(Object value, Arguments arguments, Budget budget) {
    arguments.upTo("attribute", "start");
    Object sum = arguments.get(1, "start", 0L);
    for (Object item : Values.items(value, budget)) {
      Object part = attributeOf(item, arguments.get(0, "attribute", None.NONE), budget);
      sum = Operators.binary("+", sum, part, budget);
    }
    return sum;
  }

  static Object batch(Object value, Arguments arguments, Budget budget) {
    arguments.upTo("linecount", "fill_with");
    int size = arguments.whole(0, "linecount", 0);
    if (size < 1) {
      throw new JinjaException("filter \"batch\": expected a size of 1 or more");
    }
    List<Object> batches = new ArrayList<>();
    List<Object> items = Values.items(value, budget);
    for (int at = 0; at < items.size(); at += size) {
      List<Object> batch = new ArrayList<>(items.subList(at, Math.min(items.size(), at + size)));
      if (arguments.has(1, "fill_with")) {
        budget.items(size);
        while (batch.size() < size) {
          batch.add(arguments.get(1, "fill_with"));
        }
      }
      batches.add(batch);
    }
    return batches;
  }

  static Object groups(Object value, Arguments arguments, Budget budget) {
    arguments.upTo("attribute", "default", "case_sensitive");
    Comparator<Object> order = order(arguments, 2, 0, budget);
    List<Object> items = new ArrayList<>(Values.items(value, budget));
    items.sort(order);
    List<Object> groups = new ArrayList<>();
    for (int at = 0; at < items.size(); ) {
      int end = at + 1;
      while (end < items.size() && order.compare(items.get(at), items.get(end)) == 0) {
        end++;
      }
      Object key = path(items.get(at), arguments.get(0, "attribute"), budget);
      groups.add(new Tuple(List.of(key, new ArrayList<>(items.subList(at, end)))));
      at = end;
    }
    return groups;
  }
}
