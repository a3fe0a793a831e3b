package dev.switchboard.proto.lane;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/**
 * Where one thread waits for frames on its lanes. Waking a thread that sleeps in the system costs
 * who wakes it tens of microseconds on a virtual machine. So where frames have been coming soon
 * after one another, it waits awake and looks at the shared memory alone: for so long as a wake-up
 * takes it spins, then it offers its processor to whoever computes the answer, again and again, and
 * only then sleeps.
 */
public final class LaneWait implements AutoCloseable {
  /** About what it costs to wake a thread of an idle virtual machine, twice. */
  private static final long SPIN_NANOS = 60_000;

  /** A layer of one token, and more. */
  private static final long YIELD_NANOS = 1_000_000;

  /** The sockets are looked at so often, though frames keep coming: a side may have ended. */
  private static final long ATTEND_NANOS = 20_000_000;

  private final Selector selector;
  private volatile Lane[] lanes = {};

  /** A look without waiting clears the selector's own. */
  private volatile boolean woken;

  private long usualWaitNanos;
  private long attendedNanos;

  public LaneWait() {
    try {
      this.selector = Selector.open();
    } catch (IOException e) {
      throw new UncheckedIOException("the system gives no selector", e);
    }
  }

  /**
   * Waits on one more lane, until its port is closed. Any thread.
   *
   * @param readable run by the waiting thread when frames have come
   * @param attend run by it when the socket says something: that the other side has closed, or that
   *     this one was to wake up
   */
  public void add(LanePort port, Runnable readable, Runnable attend) throws IOException {
    SelectionKey key = port.register(selector);
    key.attach(attend);
    Lane lane = new Lane(port, key, readable);
    synchronized (this) {
      Lane[] more = Arrays.copyOf(lanes, lanes.length + 1);
      more[lanes.length] = lane;
      lanes = more;
    }
    wake();
  }

  /** A lane that is waited on, until its port is closed. */
  private record Lane(LanePort port, SelectionKey key, Runnable readable) {}

  private synchronized void remove(Lane lane) {
    lanes = Arrays.stream(lanes).filter(other -> other != lane).toArray(Lane[]::new);
  }

  /** Handles what has come, without waiting. */
  public void poll() {
    if (System.nanoTime() - attendedNanos > ATTEND_NANOS) {
      select(0);
    }
    handle();
  }

  /** Handles what has come; waits for something, or {@link #wake}, if nothing has. */
  public void await(long mostNanos) {
    long begun = System.nanoTime();
    if (begun - attendedNanos > ATTEND_NANOS) {
      select(0);
    }
    long spins = usualWaitNanos <= SPIN_NANOS ? Math.min(mostNanos, SPIN_NANOS) : 0;
    long awake = usualWaitNanos <= YIELD_NANOS ? Math.min(mostNanos, YIELD_NANOS) : 0;
    boolean handled = handle();
    for (long waited = 0;
        !handled && !woken && waited < awake;
        waited = System.nanoTime() - begun) {
      if (waited < spins) {
        Thread.onSpinWait();
      } else {
        Thread.yield();
      }
      handled = handle();
    }
    if (!handled && !woken && mostNanos > 0) {
      sleep(mostNanos);
    }
    woken = false;
    long waited = Math.min(System.nanoTime() - begun, 4 * YIELD_NANOS);
    usualWaitNanos += (waited - usualWaitNanos) >> 3;
  }

  private boolean handle() {
    boolean any = false;
    for (Lane lane : lanes) {
      if (!lane.key.isValid()) {
        remove(lane);
      } else if (lane.port.pending()) {
        lane.readable.run();
        any = true;
      }
    }
    return any;
  }

  /** What comes from now on is said on the socket; what has come before is looked for once more. */
  private void sleep(long mostNanos) {
    Lane[] mine = lanes;
    boolean pending = false;
    for (Lane lane : mine) {
      lane.port.asleep(true);
      pending |= lane.port.pending();
    }
    if (!pending) {
      select(mostNanos);
    }
    for (Lane lane : mine) {
      lane.port.asleep(false);
    }
    handle();
  }

  private void select(long mostNanos) {
    try {
      if (mostNanos == 0) {
        selector.selectNow(LaneWait::attend);
      } else {
        selector.select(LaneWait::attend, TimeUnit.NANOSECONDS.toMillis(mostNanos + 999_999));
      }
      attendedNanos = System.nanoTime();
    } catch (IOException e) {
      throw new UncheckedIOException("waiting on the lanes", e);
    }
  }

  private static void attend(SelectionKey key) {
    Runnable attend = (Runnable) key.attachment();
    if (attend != null) {
      attend.run();
    }
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
