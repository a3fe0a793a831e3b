package dev.switchboard.node.weights;

import dev.switchboard.model.memory.Pace;
import dev.switchboard.proto.weights.Pacer;
import dev.switchboard.proto.weights.WorkTime;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/**
 * Loading beside serving: on one thread, in small pieces, after each of which it rests: in
 * proportion to what the piece took, while the node computes for routers, and so that no more bytes
 * a second go by than it may take. For one thread; of several loads each has its own, over one
 * pacer.
 */
public final class LoadPace implements Pace {
  private final Pacer pacer;
  private final BooleanSupplier busy;
  private final LongSupplier nanoTime;
  private final LongSupplier workNanos;
  private final LongConsumer rest;
  private long begunNanos;

  /**
   * @param busy whether the node computes for routers now
   * @param workNanos how long the calling thread has kept a processor
   * @param rest waits so many nanoseconds; tests count instead
   */
  LoadPace(
      Pacer pacer,
      BooleanSupplier busy,
      LongSupplier nanoTime,
      LongSupplier workNanos,
      LongConsumer rest) {
    this.pacer = pacer;
    this.busy = busy;
    this.nanoTime = nanoTime;
    this.workNanos = workNanos;
    this.rest = rest;
    this.begunNanos = workNanos.getAsLong();
  }

  /** For a load that begins now, on this thread. */
  public static LoadPace beside(Pacer pacer, BooleanSupplier busy) {
    return new LoadPace(pacer, busy, System::nanoTime, WorkTime::nanos, LockSupport::parkNanos);
  }

  @Override
  public boolean alone() {
    return true;
  }

  @Override
  public void worked(long bytes) {
    long worked = workNanos.getAsLong() - begunNanos;
    long nanos = pacer.restNanos(bytes, worked, busy.getAsBoolean(), nanoTime.getAsLong());
    if (nanos > 0) {
      rest.accept(nanos);
    }
    begunNanos = workNanos.getAsLong();
  }
}
