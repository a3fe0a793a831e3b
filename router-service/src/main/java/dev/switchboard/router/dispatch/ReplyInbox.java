package dev.switchboard.router.dispatch;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Replies on their way from the network's threads to the one that waits for them. The waiting
 * thread spins a little before it parks: a reply from this host comes within the time that a
 * wake-up would take. Bounded by what the reader has sent.
 */
final class ReplyInbox {
  private static final long SPIN_NANOS = 20_000;

  private final ConcurrentLinkedQueue<Reply> replies = new ConcurrentLinkedQueue<>();
  private volatile @Nullable Thread parked;
  private volatile @Nullable Waiting elsewhere;

  /** A reader that waits elsewhere. */
  private record Waiting(Thread reader, Runnable wake) {}

  void put(Reply reply) {
    replies.add(reply);
    Thread reader = parked;
    if (reader != null) {
      LockSupport.unpark(reader);
    }
    Waiting waiting = elsewhere;
    if (waiting != null && waiting.reader() != Thread.currentThread()) {
      waiting.wake().run();
    }
  }

  /** The calling thread, the reader, waits elsewhere: what ends that wait; null if it does not. */
  void wakeBy(@Nullable Runnable wake) {
    elsewhere = wake == null ? null : new Waiting(Thread.currentThread(), wake);
  }

  /** The next reply if there is one. */
  @Nullable Reply poll() {
    return replies.poll();
  }

  /**
   * The next reply, or null if none comes before the deadline (of {@link System#nanoTime}). One
   * reader only.
   */
  @Nullable Reply take(long deadlineNanos) {
    long spinUntil = System.nanoTime() + SPIN_NANOS;
    while (true) {
      Reply reply = replies.poll();
      if (reply != null) {
        return reply;
      }
      long now = System.nanoTime();
      if (deadlineNanos - now <= 0) {
        return null;
      }
      if (now - spinUntil < 0) {
        Thread.onSpinWait();
      } else {
        park(deadlineNanos - now);
      }
    }
  }

  private void park(long nanos) {
    parked = Thread.currentThread();
    try {
      if (replies.isEmpty()) {
        LockSupport.parkNanos(this, nanos);
      }
    } finally {
      parked = null;
    }
  }
}
