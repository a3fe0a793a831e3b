package dev.switchboard.proto.lane;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.concurrent.TimeUnit;

/**
 * Where one thread waits for frames on its lanes. It spins before it waits in the system only where
 * frames have been coming within the time that a wake-up takes: spinning longer would take a core
 * from the process that computes the answer.
 */
public final class LaneWait implements AutoCloseable {
  /** About what it costs to wake a thread of an idle virtual machine, twice. */
  private static final long SPIN_NANOS = 60_000;

  private final Selector selector;
  private long usualWaitNanos;

  public LaneWait() {
    try {
      this.selector = Selector.open();
    } catch (IOException e) {
      throw new UncheckedIOException("the system gives no selector", e);
    }
  }

  /**
   * Waits on one more lane. Any thread.
   *
   * @param readable run by the waiting thread when something has come, or the other side has closed
   */
  public Lane add(LaneSocket socket, Runnable readable) throws IOException {
    return new Lane(socket.register(selector, readable));
  }

  /** A lane that is waited on; cancelling it ends that. */
  public record Lane(SelectionKey key) {
    public void cancel() {
      key.cancel();
    }
  }

  /** Handles what has come, without waiting. */
  public void poll() {
    select(0);
  }

  /** Handles what has come; waits for something, or {@link #wake}, if nothing has. */
  public void await(long mostNanos) {
    long begun = System.nanoTime();
    boolean spins = usualWaitNanos <= SPIN_NANOS;
    long spinUntil = Math.min(mostNanos, SPIN_NANOS);
    int handled = select(0);
    while (handled == 0 && spins && System.nanoTime() - begun < spinUntil) {
      Thread.onSpinWait();
      handled = select(0);
    }
    if (handled == 0 && mostNanos > 0) {
      select(mostNanos);
    }
    long waited = Math.min(System.nanoTime() - begun, 4 * SPIN_NANOS);
    usualWaitNanos += (waited - usualWaitNanos) >> 3;
  }

  private int select(long mostNanos) {
    try {
      return mostNanos == 0
          ? selector.selectNow(LaneWait::readable)
          : selector.select(
              LaneWait::readable, TimeUnit.NANOSECONDS.toMillis(mostNanos + 999_999));
    } catch (IOException e) {
      throw new UncheckedIOException("waiting on the lanes", e);
    }
  }

  private static void readable(SelectionKey key) {
    ((Runnable) key.attachment()).run();
  }

  /** Ends the wait, or the next one before it begins. Any thread. */
  public void wake() {
    selector.wakeup();
  }

  @Override
  public void close() {
    try {
      selector.close();
    } catch (IOException e) {
      throw new UncheckedIOException("closing the lanes' selector", e);
    }
  }
}
