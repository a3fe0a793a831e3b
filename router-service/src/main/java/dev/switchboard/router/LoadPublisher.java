package dev.switchboard.router;

import dev.switchboard.cluster.Grid;
import dev.switchboard.cluster.LoadCost;
import dev.switchboard.cluster.ProcessCosts;
import dev.switchboard.cluster.RouterLoad;
import dev.switchboard.cluster.load.LoadWatch;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands this router's counters to the grid, again and again, if they changed, and once more at the
 * end; and looks at everybody's.
 */
final class LoadPublisher implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LoadPublisher.class);

  /** The shortest window needs some looks. */
  private static final Duration MOST_PAUSE = Duration.ofMillis(500);

  private final Grid grid;
  private final Supplier<RouterLoad> load;
  private final LoadCost cost;
  private final ProcessCosts costs;
  private final LoadWatch watch = new LoadWatch();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("router-load").factory());
  private RouterLoad published;

  /**
   * @param load this router's counters
   * @param cost where the time of counting and publishing goes
   */
  LoadPublisher(Grid grid, Supplier<RouterLoad> load, LoadCost cost) {
    this.grid = grid;
    this.load = load;
    this.cost = cost;
    this.costs = new ProcessCosts(cost, grid.loadCost());
    this.published = RouterLoad.none("");
    long every = Math.min(grid.publishEvery().toMillis(), MOST_PAUSE.toMillis());
    timer.scheduleWithFixedDelay(this::step, 0, every, TimeUnit.MILLISECONDS);
  }

  /** What was done lately. */
  LoadWatch watch() {
    return watch;
  }

  /** What this process takes. */
  ProcessCosts costs() {
    return costs;
  }

  private void step() {
    long begun = cost.begin();
    try {
      publish();
      watch.look(System.nanoTime(), grid.loads().of(published.model()));
    } catch (RuntimeException e) {
      LOG.error("the load was not looked at", e);
    } finally {
      cost.end(begun);
    }
  }

  private synchronized void publish() {
    RouterLoad now = load.get().with(published.cost());
    if (!now.equals(published)) {
      published = now.with(costs.now());
      grid.publishLoad(published);
    }
  }

  @Override
  public void close() {
    timer.shutdownNow();
    publish();
  }
}
