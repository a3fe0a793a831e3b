package dev.switchboard.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;

/** Runs seeds on all processors: each in one thread, and none knows of another. */
final class Seeds {
  private static final int THREADS =
      Integer.getInteger("simulation.threads", Runtime.getRuntime().availableProcessors());

  private Seeds() {}

  /**
   * Runs seeds, in about their order, until one is enough.
   *
   * @param enough asked about each outcome, by one thread at a time
   * @return an outcome that was enough, if there is one
   */
  static Optional<Simulation.Outcome> run(
      long first, long count, Bug bug, Predicate<Simulation.Outcome> enough) {
    AtomicLong next = new AtomicLong(first);
    AtomicBoolean over = new AtomicBoolean();
    List<Simulation.Outcome> found = new ArrayList<>();
    Runnable some =
        () -> {
          for (long seed = next.getAndIncrement();
              seed < first + count && !over.get();
              seed = next.getAndIncrement()) {
            Simulation.Outcome outcome = Simulation.run(seed, bug, false);
            synchronized (found) {
              if (!over.get() && enough.test(outcome)) {
                found.add(outcome);
                over.set(true);
              }
            }
          }
        };
    runOnAll(some);
    return found.stream().findFirst();
  }

  private static void runOnAll(Runnable some) {
    try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        all.add(threads.submit(some));
      }
      for (Future<?> each : all) {
        each.get();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }
}
