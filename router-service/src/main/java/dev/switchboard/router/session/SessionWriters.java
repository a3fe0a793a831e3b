package dev.switchboard.router.session;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * The threads that write into the grid: one for records, which are small and awaited, one for
 * snapshots. Each turn has at most one task of a kind waiting, so what waits is bounded by what
 * runs.
 */
final class SessionWriters {
  private final ScheduledExecutorService records = thread("router-sessions");
  private final ScheduledExecutorService snapshots = thread("router-snapshots");

  private static ScheduledExecutorService thread(String name) {
    return Executors.newSingleThreadScheduledExecutor(
        Thread.ofPlatform().daemon().name(name).factory());
  }

  void record(Runnable task, Duration delay) {
    submit(records, task, delay);
  }

  void snapshot(Runnable task) {
    submit(snapshots, task, Duration.ZERO);
  }

  private static void submit(ScheduledExecutorService thread, Runnable task, Duration delay) {
    try {
      thread.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException e) {
      // The router has ended; the last words were said.
    }
  }

  /** Writes what waits. */
  void close(Duration patience) {
    records.shutdown();
    snapshots.shutdown();
    try {
      long end = System.nanoTime() + patience.toNanos();
      if (!records.awaitTermination(patience.toNanos(), TimeUnit.NANOSECONDS)
          || !snapshots.awaitTermination(
              Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS)) {
        records.shutdownNow();
        snapshots.shutdownNow();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
