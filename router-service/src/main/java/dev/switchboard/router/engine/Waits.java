package dev.switchboard.router.engine;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * How long a newcomer will wait, by how fast requests have left the queue since somebody last did
 * not have to wait. Who would wait longer than it can is told at once, instead of growing a queue
 * in which everybody comes too late. Time is an argument.
 */
final class Waits {
  /** Enough for requests that begin in bursts, as many as run at once. */
  private static final int KEPT = 256;

  private static final int LEAST = 16;

  private final ArrayDeque<Long> begins = new ArrayDeque<>();

  /** A request that has waited begins. */
  void began(long nowNanos) {
    if (begins.size() == KEPT) {
      begins.removeFirst();
    }
    begins.addLast(nowNanos);
  }

  /** The queue is empty: whoever comes now begins when it comes. */
  void nobodyWaits() {
    begins.clear();
  }

  /**
   * Nanoseconds until a newcomer begins; empty while too little is known.
   *
   * @param ahead requests that begin before it
   */
  OptionalLong expected(int ahead, long nowNanos) {
    if (begins.size() < LEAST) {
      return OptionalLong.empty();
    }
    double each = (double) (nowNanos - begins.getFirst()) / begins.size();
    return OptionalLong.of((long) (each * (ahead + 1L)));
  }

  /**
   * @param most that anybody waits
   * @return why the newcomer should not wait, or null
   */
  @Nullable Ending tooLong(Ticket ticket, int ahead, long nowNanos, Duration most) {
    OptionalLong expected = expected(ahead, nowNanos);
    if (expected.isEmpty()) {
      return null;
    }
    Duration wait = Duration.ofNanos(expected.getAsLong());
    if (wait.compareTo(most) > 0) {
      return Endings.busy(ahead, wait, "at most %d ms are waited (router.maxWait)", most);
    }
    Duration left = Duration.ofNanos(ticket.deadlineNanos() - nowNanos);
    return ticket.deadlineNanos() != Ticket.NO_DEADLINE && wait.compareTo(left) > 0
        ? Endings.busy(ahead, wait, "its deadline is in %d ms", left)
        : null;
  }
}
