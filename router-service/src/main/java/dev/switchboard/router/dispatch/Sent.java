package dev.switchboard.router.dispatch;

/**
 * A message on its way.
 *
 * @param <C> who waits for the answer
 */
final class Sent<C> {
  private static final long NEVER = Long.MAX_VALUE;

  private final C call;
  private final NodeLink link;
  private final int rows;
  private final boolean byLane;
  private final long sentNanos;
  private final long deadlineNanos;
  private final long slowNanos;
  private boolean slow;
  private boolean unwanted;
  private boolean trial;

  /**
   * When it was sent, and what comes of it by when. Nanoseconds of one clock.
   *
   * @param slowAfter after how long it takes longer than usual; {@link Long#MAX_VALUE} for never
   * @param within after how long no answer is waited for
   */
  record Times(long sent, long slowAfter, long within) {}

  /**
   * @param rows of the answer
   */
  Sent(C call, NodeLink link, int rows, boolean byLane, Times times) {
    this.call = call;
    this.link = link;
    this.rows = rows;
    this.byLane = byLane;
    this.sentNanos = times.sent();
    this.deadlineNanos = times.sent() + times.within();
    this.slowNanos = times.slowAfter() >= times.within() ? NEVER : times.sent() + times.slowAfter();
  }

  C call() {
    return call;
  }

  NodeLink link() {
    return link;
  }

  int rows() {
    return rows;
  }

  boolean byLane() {
    return byLane;
  }

  HopWay way() {
    return byLane ? HopWay.LANE : link.streamWay();
  }

  long tookNanos(long now) {
    return now - sentNanos;
  }

  boolean expired(long now) {
    return deadlineNanos - now <= 0;
  }

  /** Whether it takes longer than usual, and is still wanted; says so once. */
  boolean turnsSlow(long now) {
    if (slow || unwanted || slowNanos == NEVER || slowNanos - now > 0) {
      return false;
    }
    slow = true;
    return true;
  }

  /** Whether somebody else was asked since, or could have been. */
  boolean wasSlow() {
    return slow;
  }

  /** It is a copy that nobody waits for. */
  void markTrial() {
    trial = true;
  }

  boolean isTrial() {
    return trial;
  }

  /** Nobody waits for it any more: another was quicker. */
  void unwanted() {
    unwanted = true;
  }

  /** How long nothing has to be decided about it. */
  long quietNanos(long now) {
    long left = deadlineNanos - now;
    return slow || unwanted || slowNanos == NEVER ? left : Math.min(left, slowNanos - now);
  }
}
