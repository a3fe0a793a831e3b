package dev.switchboard.router.dispatch;

import java.time.Duration;

/**
 * The life of one link to a node, without its stream: connect, greet, serve; after a failure wait
 * twice as long as the last time, up to a bound. A node that refuses the greeting (other version,
 * other model) is asked again at the bound only.
 */
final class LinkMachine {
  enum State {
    /** A stream is open and the greeting is under way. */
    CONNECTING,
    READY,
    /** Broken; a reconnection is due. */
    WAITING,
    /** The two sides do not fit; see {@link #reason}. */
    REFUSED,
    CLOSED
  }

  private final long firstDelayNanos;
  private final long lastDelayNanos;
  private State state = State.CONNECTING;
  private String reason = "not connected yet";
  private long nextDelayNanos;

  LinkMachine(Duration firstDelay, Duration lastDelay) {
    this.firstDelayNanos = firstDelay.toNanos();
    this.lastDelayNanos = lastDelay.toNanos();
    this.nextDelayNanos = firstDelayNanos;
  }

  State state() {
    return state;
  }

  /** Why the link cannot be used now. */
  String reason() {
    return reason;
  }

  void greeted() {
    if (state == State.CONNECTING) {
      state = State.READY;
    }
  }

  /** A batch was answered: a greeting alone does not show that the node works. */
  void answered() {
    nextDelayNanos = firstDelayNanos;
  }

  /** The stream broke. Returns after how many nanoseconds to connect again, or -1 for never. */
  long broken(String why) {
    if (state == State.CLOSED || state == State.WAITING || state == State.REFUSED) {
      return -1;
    }
    state = State.WAITING;
    reason = why;
    long delay = nextDelayNanos;
    nextDelayNanos = Math.min(nextDelayNanos * 2, lastDelayNanos);
    return delay;
  }

  /** The greeting failed. Returns after how many nanoseconds to try again, or -1 for never. */
  long refused(String why) {
    if (state != State.CONNECTING) {
      return -1;
    }
    state = State.REFUSED;
    reason = why;
    return lastDelayNanos;
  }

  /** Whether to open a stream now. */
  boolean reconnect() {
    if (state != State.WAITING && state != State.REFUSED) {
      return false;
    }
    state = State.CONNECTING;
    return true;
  }

  void close() {
    state = State.CLOSED;
    reason = "the link is closed";
  }
}
