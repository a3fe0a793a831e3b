package dev.switchboard.proto.weights;

import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/**
 * How a process gives weights away beside its own work.
 *
 * @param pacer over all readers
 * @param busy whether it answers others now
 * @param nanoTime the clock
 * @param workNanos how long the calling thread has kept a processor
 * @param rest waits so many nanoseconds; tests count instead
 */
public record Giving(
    Pacer pacer,
    BooleanSupplier busy,
    LongSupplier nanoTime,
    LongSupplier workNanos,
    LongConsumer rest) {
  /** As fast as it goes. */
  public static Giving freely() {
    return at(0, 100, () -> false);
  }

  /**
   * @param bytesPerSecond at the most, over all readers; 0 for no bound
   * @param sharePercent of the reading thread's time while it is busy
   */
  public static Giving at(long bytesPerSecond, int sharePercent, BooleanSupplier busy) {
    Pacer pacer = new Pacer(bytesPerSecond, sharePercent);
    return new Giving(pacer, busy, System::nanoTime, WorkTime::nanos, LockSupport::parkNanos);
  }

  /**
   * A piece was given: rests before the next.
   *
   * @param begunNanos {@code workNanos} before it
   * @param urgent whether somebody waits for it who has nobody else: the bound on bytes holds then
   *     too
   */
  void gave(long bytes, long begunNanos, boolean urgent) {
    long worked = workNanos.getAsLong() - begunNanos;
    boolean others = !urgent && busy.getAsBoolean();
    long nanos = pacer.restNanos(bytes, worked, others, nanoTime.getAsLong());
    if (nanos > 0) {
      rest.accept(nanos);
    }
  }
}
