package dev.switchboard.router;

import dev.switchboard.cluster.Grid;
import dev.switchboard.cluster.RouterLoad;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Hands this router's counters to the grid, again and again, and once more at the end. */
final class LoadPublisher implements AutoCloseable {
  private final Grid grid;
  private final Supplier<RouterLoad> load;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("router-load").factory());

  LoadPublisher(Grid grid, Supplier<RouterLoad> load, int everyMillis) {
    this.grid = grid;
    this.load = load;
    timer.scheduleWithFixedDelay(this::publish, 0, everyMillis, TimeUnit.MILLISECONDS);
  }

  private void publish() {
    grid.publishLoad(load.get());
  }

  @Override
  public void close() {
    timer.shutdownNow();
    publish();
  }
}
