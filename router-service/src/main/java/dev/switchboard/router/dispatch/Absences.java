package dev.switchboard.router.dispatch;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Experts that nobody has, and since when that is known: a step waits for one to come back or to be
 * loaded elsewhere, but only so long after it was lost. Who asks for it later is told at once. One
 * thread.
 */
final class Absences {
  /** An expert of a layer. */
  record Key(int layer, int expert) {}

  private final Map<Key, Long> since = new HashMap<>();
  private final long patienceNanos;

  Absences(long patienceNanos) {
    this.patienceNanos = patienceNanos;
  }

  /** Whether it may still be waited for. */
  boolean mayWait(Key key, long now) {
    return now - since.computeIfAbsent(key, k -> now) < patienceNanos;
  }

  /** Forgets those that somebody has again. */
  void forget(Predicate<Key> there) {
    since.keySet().removeIf(there);
  }
}
