package dev.switchboard.model.jinja;

import java.time.Clock;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Functions that every template can call. */
final class Globals {
  /** As in jinja2's sandbox. */
  private static final int MAX_RANGE = 100_000;

  private static final Map<Character, String> DATE_PARTS =
      Map.ofEntries(
          Map.entry('Y', "uuuu"),
          Map.entry('y', "uu"),
          Map.entry('m', "MM"),
          Map.entry('d', "dd"),
          Map.entry('e', "ppd"),
          Map.entry('H', "HH"),
          Map.entry('I', "hh"),
          Map.entry('M', "mm"),
          Map.entry('S', "ss"),
          Map.entry('f', "SSSSSS"),
          Map.entry('B', "MMMM"),
          Map.entry('b', "MMM"),
          Map.entry('h', "MMM"),
          Map.entry('A', "EEEE"),
          Map.entry('a', "EEE"),
          Map.entry('p', "a"),
          Map.entry('j', "DDD"),
          Map.entry('F', "uuuu-MM-dd"),
          Map.entry('T', "HH:mm:ss"),
          Map.entry('D', "MM/dd/uu"));

  private Globals() {}

  static Map<String, Object> of(Clock clock, Budget budget) {
    Map<String, Object> globals = new LinkedHashMap<>();
    globals.put("range", (Callable) arguments -> range(arguments, budget));
    globals.put("dict", (Callable) arguments -> dict(arguments));
    globals.put("namespace", (Callable) Globals::namespace);
    globals.put(
        "raise_exception",
        (Callable)
            arguments -> {
              Object message = arguments.upTo("message").get(0, "message");
              throw JinjaException.raised(Values.text(message, budget));
            });
    globals.put(
        "strftime_now",
        (Callable) arguments -> date(arguments.upTo("format").text(0, "format"), clock));
    return globals;
  }

  private static Object range(Arguments arguments, Budget budget) {
    arguments.upTo("start", "stop", "step");
    boolean single = arguments.values().size() == 1;
    long start = single ? 0 : arguments.whole(0, "start", 0);
    long stop = arguments.whole(single ? 0 : 1, "stop", 0);
    long step = arguments.whole(2, "step", 1);
    long count = step == 0 ? -1 : Math.max(0, Math.ceilDiv(stop - start, step));
    if (count < 0 || count > MAX_RANGE) {
      throw new JinjaException(
          count < 0 ? "range: the step is 0" : "range: more than " + MAX_RANGE + " numbers");
    }
    budget.items(count);
    List<Object> numbers = new ArrayList<>();
    for (long i = 0; i < count; i++) {
      numbers.add(start + i * step);
    }
    return numbers;
  }

  private static Object dict(Arguments arguments) {
    Map<Object, Object> map = new LinkedHashMap<>();
    for (Object given : arguments.values()) {
      if (!(given instanceof Map<?, ?> values)) {
        throw new JinjaException("dict: expected a dict");
      }
      map.putAll(values);
    }
    map.putAll(arguments.named());
    return map;
  }

  private static Object namespace(Arguments arguments) {
    Namespace namespace = new Namespace();
    for (Object given : arguments.values()) {
      if (!(given instanceof Map<?, ?> values)) {
        throw new JinjaException("namespace: expected a dict");
      }
      values.forEach((key, value) -> namespace.set(String.valueOf(key), value));
    }
    arguments.named().forEach(namespace::set);
    return namespace;
  }

  private static String date(String format, Clock clock) {
    ZonedDateTime now = ZonedDateTime.now(clock);
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < format.length(); i++) {
      char c = format.charAt(i);
      if (c != '%') {
        text.append(c);
        continue;
      }
      i++;
      boolean plain = i < format.length() && format.charAt(i) == '-';
      i += plain ? 1 : 0;
      char directive = i < format.length() ? format.charAt(i) : ' ';
      text.append(directive == '%' ? "%" : part(directive, plain, now));
    }
    return text.toString();
  }

  private static String part(char directive, boolean plain, ZonedDateTime now) {
    String pattern = DATE_PARTS.get(directive);
    if (pattern == null) {
      throw new JinjaException("strftime_now: \"%" + directive + "\" is not supported");
    }
    String text = DateTimeFormatter.ofPattern(pattern, Locale.ENGLISH).format(now);
    return plain ? text.replaceFirst("^[0 ]+(?=.)", "") : text;
  }
}
