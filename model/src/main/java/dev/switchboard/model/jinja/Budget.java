package dev.switchboard.model.jinja;

import java.util.function.LongSupplier;

/** How much a rendering may still do. */
final class Budget {
  static final int MAX_DEPTH = 100;
  private static final long MAX_STEPS = 10_000_000;
  private static final int MAX_CHARS = 16 << 20;
  private static final int MAX_ITEMS = 1 << 20;
  private static final int CHARS_PER_STEP = 16;
  private static final int ITEMS_PER_STEP = 4;
  private static final int STEPS_BETWEEN_LOOKS = 1 << 12;

  private final LongSupplier nanoTime;
  private final long deadlineNanos;
  private final long maxNanos;
  private long steps;
  private long nextLook = STEPS_BETWEEN_LOOKS;
  private int depth;

  /**
   * @param nanoTime the clock, as {@link System#nanoTime}
   * @param maxNanos the longest that a rendering may take
   */
  Budget(LongSupplier nanoTime, long maxNanos) {
    this.nanoTime = nanoTime;
    this.maxNanos = maxNanos;
    this.deadlineNanos = nanoTime.getAsLong() + maxNanos;
  }

  void step() {
    steps(1);
  }

  /** For work on a text. */
  void chars(long chars) {
    steps(1 + chars / CHARS_PER_STEP);
  }

  void steps(long count) {
    steps += count;
    if (steps > MAX_STEPS) {
      throw new JinjaException(
          "the template takes more than " + MAX_STEPS + " steps: it may loop for ever");
    }
    if (steps >= nextLook) {
      nextLook = steps + STEPS_BETWEEN_LOOKS;
      if (nanoTime.getAsLong() - deadlineNanos > 0) {
        throw new JinjaException(
            "the template takes longer than %d ms: it may loop for ever"
                .formatted(maxNanos / 1_000_000));
      }
    }
  }

  /** Before a text is made. */
  void text(long chars) {
    room(chars);
    chars(chars);
  }

  /** While a text of this length grows. */
  void room(long chars) {
    if (chars > MAX_CHARS) {
      throw new JinjaException(
          "the template makes a text of more than " + MAX_CHARS + " characters");
    }
    step();
  }

  /** Before a list is made. */
  void items(long items) {
    if (items > MAX_ITEMS) {
      throw new JinjaException("the template makes a list of more than " + MAX_ITEMS + " items");
    }
    steps(1 + items / ITEMS_PER_STEP);
  }

  /** Each is to be followed by {@link #leave}. */
  void enter() {
    if (++depth > MAX_DEPTH) {
      throw new JinjaException("the template calls deeper than " + MAX_DEPTH);
    }
  }

  void leave() {
    depth--;
  }
}
