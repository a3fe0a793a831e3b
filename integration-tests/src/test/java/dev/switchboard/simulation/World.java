package dev.switchboard.simulation;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.function.Supplier;

/**
 * A clock, what is to happen, and chance: one thread, in an order that follows from the seed alone.
 */
final class World {
  static final long MILLI = 1_000_000;
  static final long SECOND = 1000 * MILLI;

  private static final int TRACE_LINES = 4000;
  private static final int MOST_AT_ONCE = 50_000;

  private record Event(long at, long order, Runnable body) {}

  private final PriorityQueue<Event> events =
      new PriorityQueue<>(Comparator.comparingLong(Event::at).thenComparingLong(Event::order));
  private final SplittableRandom random;
  private final Deque<String> trace = new ArrayDeque<>();
  private final List<String> violations = new ArrayList<>();
  private final boolean traced;
  private long now;
  private int happening;
  private long ordered;
  private long course;
  private boolean inside;

  /**
   * @param traced whether to write down what happens
   */
  World(long seed, boolean traced) {
    this.random = new SplittableRandom(seed);
    this.traced = traced;
  }

  /** Nanoseconds since the world began. */
  long now() {
    return now;
  }

  SplittableRandom random() {
    return random;
  }

  boolean chance(int percent) {
    return random.nextInt(100) < percent;
  }

  /** Something between two times. */
  long between(long least, long most) {
    return least + random.nextLong(most - least + 1);
  }

  void after(long nanos, Runnable body) {
    events.add(new Event(now + Math.max(0, nanos), ordered++, body));
  }

  /** Lets so much time pass. */
  void run(long nanos) {
    long until = now + nanos;
    for (Event next = events.peek(); next != null && next.at() <= until; next = events.peek()) {
      events.remove();
      happening = next.at() > now ? 1 : happening + 1;
      if (happening > MOST_AT_ONCE) {
        violated(() -> "one thing leads to another without time passing");
        events.clear();
        return;
      }
      now = Math.max(now, next.at());
      course = course * 31 + (next.at() ^ next.order());
      try {
        next.body().run();
      } catch (RuntimeException e) {
        violated(() -> "something threw " + e + " at " + e.getStackTrace()[0]);
      }
    }
    now = Math.max(now, until);
  }

  /**
   * Lets time pass for all others while somebody waits for a call to return. Not within such a wait
   * of somebody else's: then the call returns at once.
   */
  void runInside(long nanos) {
    if (!inside) {
      inside = true;
      run(nanos);
      inside = false;
    }
  }

  /** For people; kept only where somebody will read it. */
  void note(Supplier<String> what) {
    if (traced) {
      if (trace.size() == TRACE_LINES) {
        trace.removeFirst();
      }
      trace.addLast("%12.3f ms  %s".formatted(now / 1e6, what.get()));
    }
  }

  /** Something was that must not be. */
  void violated(Supplier<String> what) {
    if (violations.size() < 20) {
      violations.add("at %.3f ms: %s".formatted(now / 1e6, what.get()));
    }
    note(() -> "VIOLATED: " + what.get());
  }

  List<String> violations() {
    return List.copyOf(violations);
  }

  List<String> trace() {
    return List.copyOf(trace);
  }

  /** Two runs with the same are, as good as surely, the same. */
  long course() {
    return course;
  }

  long events() {
    return ordered;
  }
}
