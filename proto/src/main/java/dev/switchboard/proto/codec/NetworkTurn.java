package dev.switchboard.proto.codec;

/**
 * The network of a process, for the one thread that sends, waits and handles what comes: while it
 * has the turn, handlers of servers and channels on these loops run inside {@link #await}, on that
 * thread.
 *
 * <p>It spins before it waits in the system only where answers have been coming within the time
 * that a wake-up takes (an average over the last waits says so): spinning longer would take a core
 * from the process that computes the answer.
 */
public final class NetworkTurn {
  /** About what it costs to wake a thread of an idle virtual machine, twice. */
  private static final long SPIN_NANOS = 60_000;

  private static final int SPINS_BETWEEN_CLOCKS = 4;

  private final TurnLoop loop;
  private long usualWaitNanos;

  NetworkTurn(TurnLoop loop) {
    this.loop = loop;
  }

  /** Takes the turn; not twice. */
  public void take() {
    loop.take();
  }

  /** Gives it back: another thread drives the network after a while. */
  public void give() {
    loop.give();
  }

  /** Writes what was sent and handles what has come, without waiting. */
  public void flush() {
    loop.run(0);
  }

  /**
   * Waits until something has come or a thread called {@link #wake}, and handles it; or until the
   * time is over. May return early.
   */
  public void await(long mostNanos) {
    if (mostNanos <= 0) {
      loop.run(0);
      return;
    }
    long begun = System.nanoTime();
    if (usualWaitNanos > SPIN_NANOS || !spin(begun, Math.min(mostNanos, SPIN_NANOS))) {
      loop.run(mostNanos);
    }
    long waited = Math.min(System.nanoTime() - begun, 4 * SPIN_NANOS);
    usualWaitNanos += (waited - usualWaitNanos) >> 3;
  }

  private boolean spin(long begun, long nanos) {
    do {
      for (int i = 0; i < SPINS_BETWEEN_CLOCKS; i++) {
        if (loop.run(0) > 0) {
          return true;
        }
        Thread.onSpinWait();
      }
    } while (System.nanoTime() - begun < nanos);
    return false;
  }

  /** Ends the wait of whoever has the turn. Any thread. */
  public void wake() {
    loop.wake();
  }
}
