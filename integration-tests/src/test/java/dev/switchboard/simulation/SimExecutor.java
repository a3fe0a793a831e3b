package dev.switchboard.simulation;

import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.Delayed;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** A thread of a simulated process: what it is given is done later, in its turn. */
final class SimExecutor extends AbstractExecutorService implements ScheduledExecutorService {
  private final SimProcess process;
  private final LongSupplier takes;
  private boolean shut;

  /**
   * @param takes nanoseconds until something that is given is done, asked each time
   */
  SimExecutor(SimProcess process, LongSupplier takes) {
    this.process = process;
    this.takes = takes;
  }

  /** One that does it at once, but not within the call. */
  SimExecutor(SimProcess process) {
    this(process, () -> 0);
  }

  private void later(long nanos, Runnable body) {
    process.after(
        nanos,
        () -> {
          if (!shut) {
            body.run();
          }
        });
  }

  @Override
  public void execute(Runnable body) {
    later(takes.getAsLong(), body);
  }

  @Override
  public ScheduledFuture<?> schedule(Runnable body, long delay, TimeUnit unit) {
    later(unit.toNanos(delay), body);
    return new Scheduled();
  }

  @Override
  public ScheduledFuture<?> scheduleWithFixedDelay(
      Runnable body, long first, long delay, TimeUnit unit) {
    later(
        unit.toNanos(first),
        () -> {
          body.run();
          scheduleWithFixedDelay(body, delay, delay, unit);
        });
    return new Scheduled();
  }

  @Override
  public <V> ScheduledFuture<V> schedule(Callable<V> body, long delay, TimeUnit unit) {
    throw new UnsupportedOperationException("a value later");
  }

  @Override
  public ScheduledFuture<?> scheduleAtFixedRate(
      Runnable body, long first, long period, TimeUnit unit) {
    throw new UnsupportedOperationException("a fixed rate");
  }

  @Override
  public void shutdown() {
    // What was given before is still done: the process ends with all of it.
  }

  @Override
  public List<Runnable> shutdownNow() {
    shut = true;
    return List.of();
  }

  @Override
  public boolean isShutdown() {
    return shut;
  }

  @Override
  public boolean isTerminated() {
    return shut;
  }

  @Override
  public boolean awaitTermination(long time, TimeUnit unit) {
    return true;
  }

  /** Nobody asks it anything. */
  private static final class Scheduled extends FutureTask<@Nullable Void>
      implements ScheduledFuture<@Nullable Void> {
    Scheduled() {
      super(() -> null);
    }

    @Override
    public long getDelay(TimeUnit unit) {
      return 0;
    }

    @Override
    public int compareTo(Delayed other) {
      return 0;
    }
  }
}
