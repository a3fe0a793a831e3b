package dev.switchboard.benchmarks;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.LongSupplier;

/**
 * Work that nobody times: for a while at least, and on until the compilers of all processes rest.
 * Before that they share the processors with what is to be measured, the longer the more processes
 * there are: what is measured then is the start of a server, not the server.
 */
final class WarmUp {
  /** However long the compilers go on. */
  static final Duration MOST = Duration.ofSeconds(120);

  private static final long WINDOW_NANOS = Duration.ofSeconds(4).toNanos();

  /** Of the time of one processor. */
  private static final double RESTING = 0.03;

  private final Duration least;
  private final CompilerTime compilers;
  private final LongSupplier clock;
  private final Deque<Sample> recent = new ArrayDeque<>();

  private record Sample(long atNanos, Duration compiling) {}

  /**
   * @param least zero: the work is done once, whatever the compilers do
   * @param clock nanoseconds
   */
  WarmUp(Duration least, CompilerTime compilers, LongSupplier clock) {
    this.least = least;
    this.compilers = compilers;
    this.clock = clock;
  }

  WarmUp(Duration least, CompilerTime compilers) {
    this(least, compilers, System::nanoTime);
  }

  /** Does the work again and again; returns how long. */
  Duration with(Runnable work) {
    recent.clear();
    long begun = clock.getAsLong();
    Duration passed;
    do {
      work.run();
      passed = Duration.ofNanos(clock.getAsLong() - begun);
    } while (!enough(passed));
    return passed;
  }

  private boolean enough(Duration passed) {
    boolean rest = rest();
    return least.isZero() || passed.compareTo(least) >= 0 && (rest || passed.compareTo(MOST) >= 0);
  }

  /** Whether they took next to nothing since a sample that is a window old. */
  private boolean rest() {
    Sample now = new Sample(clock.getAsLong(), compilers.taken());
    recent.addLast(now);
    Sample before = null;
    while (now.atNanos() - recent.getFirst().atNanos() >= WINDOW_NANOS) {
      before = recent.removeFirst();
    }
    if (before == null) {
      return false;
    }
    recent.addFirst(before);
    double compiling = now.compiling().minus(before.compiling()).toNanos();
    return compiling <= RESTING * (now.atNanos() - before.atNanos());
  }
}
