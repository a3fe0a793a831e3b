package dev.switchboard.node.runtime;

import java.util.concurrent.atomic.AtomicLong;

/**
 * What one expert of one layer has done since the process started. The computing thread alone adds.
 */
public final class ExpertCounters {
  private static final long NEVER = Long.MIN_VALUE;

  private final AtomicLong rows = new AtomicLong();
  private final AtomicLong serviceNanos = new AtomicLong();
  private final long multiplyAddsPerRow;
  private volatile long lastUseNanos = NEVER;

  ExpertCounters(long multiplyAddsPerRow) {
    this.multiplyAddsPerRow = multiplyAddsPerRow;
  }

  /**
   * @param nanos that they took
   * @param nowNanos when they were done, by the node's clock
   */
  void add(int computedRows, long nanos, long nowNanos) {
    rows.addAndGet(computedRows);
    serviceNanos.addAndGet(nanos);
    lastUseNanos = nowNanos == NEVER ? NEVER + 1 : nowNanos;
  }

  public long rows() {
    return rows.get();
  }

  public long serviceNanos() {
    return serviceNanos.get();
  }

  public long multiplyAddsPerRow() {
    return multiplyAddsPerRow;
  }

  /**
   * When the expert computed last, by the node's clock.
   *
   * @param whenNever the answer for one that never has
   */
  public long lastUseNanos(long whenNever) {
    long last = lastUseNanos;
    return last == NEVER ? whenNever : last;
  }
}
