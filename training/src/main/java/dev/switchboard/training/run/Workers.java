package dev.switchboard.training.run;

import dev.switchboard.training.twin.Torch;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;

/**
 * Threads that compute side by side, each with one-threaded operations: they meet once or twice in
 * a step instead of at every operation, so a busy machine slows training in proportion and no more.
 */
final class Workers implements AutoCloseable {
  private final int count;
  private final ExecutorService pool;

  Workers(int count) {
    this.count = count;
    AtomicInteger number = new AtomicInteger();
    pool =
        Executors.newFixedThreadPool(
            count,
            task -> {
              Thread thread = new Thread(task, "trainer-" + number.getAndIncrement());
              thread.setDaemon(true);
              return thread;
            });
  }

  int count() {
    return count;
  }

  /** Runs {@code task} once for each worker's number and waits for all. */
  <T> List<T> all(IntFunction<T> task) {
    List<Future<T>> pending = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int worker = i;
      pending.add(
          pool.submit(() -> {
            Torch.threads(1);
            Torch.recording(true);
            return task.apply(worker);
          }));
    }
    List<T> results = new ArrayList<>();
    for (Future<T> future : pending) {
      results.add(get(future));
    }
    return results;
  }

  private static <T> T get(Future<T> future) {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException cause
          ? cause
          : new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  @Override
  public void close() {
    pool.shutdownNow();
  }
}
