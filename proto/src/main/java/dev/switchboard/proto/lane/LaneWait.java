package dev.switchboard.proto.lane;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.concurrent.TimeUnit;

/**
 * Where one thread waits for frames on its lanes. Waking a thread that sleeps in the system costs
 * who wakes it tens of microseconds on a virtual machine. So where frames have been coming soon
 * after one another, it waits awake: for so long as a wake-up takes it spins, then it offers its
 * processor to whoever computes the answer, again and again, and only then sleeps.
 */
public final class LaneWait implements AutoCloseable {
  /** About what it costs to wake a thread of an idle virtual machine, twice. */
  private static final long SPIN_NANOS = 60_000;

  /** A layer of one token, and more. */
  private static final long YIELD_NANOS = 1_000_000;

  private final Selector selector;

  /** A look without waiting clears the selector's own. */
  private volatile boolean woken;

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
    long spins = usualWaitNanos <= SPIN_NANOS ? Math.min(mostNanos, SPIN_NANOS) : 0;
    long awake = usualWaitNanos <= YIELD_NANOS ? Math.min(mostNanos, YIELD_NANOS) : 0;
    int handled = select(0);
    for (long waited = 0;
        handled == 0 && !woken && waited < awake;
        waited = System.nanoTime() - begun) {
      if (waited < spins) {
        Thread.onSpinWait();
      } else {
        Thread.yield();
      }
      handled = select(0);
    }
    if (handled == 0 && !woken && mostNanos > 0) {
      select(mostNanos);
    }
    woken = false;
    long waited = Math.min(System.nanoTime() - begun, 4 * YIELD_NANOS);
    usualWaitNanos += (waited - usualWaitNanos) >> 3;
  }

  private int select(long mostNanos) {
    try {
      return mostNanos == 0
          ? selector.selectNow(LaneWait::readable)
          : selector.select(LaneWait::readable, TimeUnit.NANOSECONDS.toMillis(mostNanos + 999_999));
    } catch (IOException e) {
      throw new UncheckedIOException("waiting on the lanes", e);
    }
  }

  private static void readable(SelectionKey key) {
    ((Runnable) key.attachment()).run();
  }

  /** Ends the wait, or the next one before it begins. Any thread. */
  public void wake() {
    woken = true;
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
