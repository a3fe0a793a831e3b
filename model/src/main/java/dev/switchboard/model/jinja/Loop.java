package dev.switchboard.model.jinja;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The {@code loop} of a loop's body. */
final class Loop implements Callable {
  private final List<Object> items;
  private final int depth;
  private final @Nullable Callable again;
  private int index = -1;
  private @Nullable Object before;

  /**
   * @param depth loops of this kind outside of this one
   * @param again renders the loop over other items; none where it is not recursive
   */
  Loop(List<Object> items, int depth, @Nullable Callable again) {
    this.items = items;
    this.depth = depth;
    this.again = again;
  }

  boolean advance() {
    return ++index < items.size();
  }

  Object item() {
    return items.get(index);
  }

  int length() {
    return items.size();
  }

  int depth() {
    return depth;
  }

  Object get(String name) {
    return switch (name) {
      case "index" -> index + 1L;
      case "index0" -> (long) index;
      case "revindex" -> (long) items.size() - index;
      case "revindex0" -> items.size() - index - 1L;
      case "first" -> index == 0;
      case "last" -> index == items.size() - 1;
      case "length" -> (long) items.size();
      case "depth" -> depth + 1L;
      case "depth0" -> (long) depth;
      case "previtem" ->
          index > 0 ? items.get(index - 1) : new Undefined("there is no previous item");
      case "nextitem" ->
          index + 1 < items.size() ? items.get(index + 1) : new Undefined("there is no next item");
      case "cycle" -> (Callable) this::cycle;
      case "changed" -> (Callable) this::changed;
      default -> new Undefined("'loop' has no attribute '" + name + "'");
    };
  }

  private Object cycle(Arguments arguments) {
    if (arguments.values().isEmpty()) {
      throw new JinjaException("loop.cycle: no items are given");
    }
    return arguments.values().get(index % arguments.values().size());
  }

  private Object changed(Arguments arguments) {
    Tuple now = new Tuple(arguments.values());
    boolean changed = before == null || !Values.equal(before, now);
    before = now;
    return changed;
  }

  @Override
  public Object call(Arguments arguments) {
    if (again == null) {
      throw new JinjaException("\"loop\" is called, but the loop is not recursive");
    }
    return again.call(arguments);
  }
}
