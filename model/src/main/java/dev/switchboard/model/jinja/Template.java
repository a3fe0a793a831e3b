package dev.switchboard.model.jinja;

import dev.switchboard.model.jinja.Statement.Body;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A template that can be rendered, any number of times and by any number of threads. */
public final class Template {
  /** The largest template that is read, in characters. */
  public static final int MAX_CHARS = 1 << 20;

  private static final Duration LONGEST = Duration.ofSeconds(5);

  private final Body body;

  private Template(Body body) {
    this.body = body;
  }

  /**
   * Reads a template.
   *
   * @throws JinjaException naming the line, and what there is wrong or not supported
   */
  public static Template of(String source) {
    if (source.length() > MAX_CHARS) {
      throw new JinjaException(
          "%s characters; at most %s are read".formatted(source.length(), MAX_CHARS));
    }
    try {
      return new Template(Parser.parse(source));
    } catch (StackOverflowError e) {
      throw new JinjaException("nested too deep");
    }
  }

  /**
   * Renders.
   *
   * @param values strings, booleans, numbers, nulls, lists and maps of them, by name
   * @param clock for templates that write the date
   * @throws JinjaException naming the line and what cannot be done there, or what the template
   *     itself refuses; also for one that would not end, or make too much
   */
  public String render(Map<String, ?> values, Clock clock) {
    Budget budget = new Budget(System::nanoTime, LONGEST.toNanos());
    Map<String, Object> names = new LinkedHashMap<>(Globals.of(clock, budget));
    values.forEach((name, value) -> names.put(name, converted(value)));
    try {
      StringBuilder out = new StringBuilder();
      new Renderer(budget).render(body, Scope.of(names).inner(), out);
      return out.toString();
    } catch (StackOverflowError e) {
      throw new JinjaException("the template calls too deep");
    }
  }

  private static Object converted(@Nullable Object value) {
    return switch (value) {
      case null -> None.NONE;
      case Integer whole -> (long) whole;
      case List<?> list -> {
        List<Object> items = new ArrayList<>();
        list.forEach(item -> items.add(converted(item)));
        yield items;
      }
      case Map<?, ?> map -> {
        Map<Object, Object> entries = new LinkedHashMap<>();
        map.forEach((key, each) -> entries.put(String.valueOf(key), converted(each)));
        yield entries;
      }
      case String text -> text;
      case Boolean flag -> flag;
      case Long whole -> whole;
      case Double real -> real;
      default -> throw new IllegalArgumentException("a template is given no " + value.getClass());
    };
  }
}
