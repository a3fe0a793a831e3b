package dev.switchboard.node.runtime;

import java.util.concurrent.atomic.AtomicLong;

/**
 * What one expert of one layer has done since the process started. The computing thread alone adds.
 */
public final class ExpertCounters {
  private final AtomicLong rows = new AtomicLong();
  private final AtomicLong serviceNanos = new AtomicLong();
  private final long multiplyAddsPerRow;

  ExpertCounters(long multiplyAddsPerRow) {
    this.multiplyAddsPerRow = multiplyAddsPerRow;
  }

  void add(int computedRows, long nanos) {
    rows.addAndGet(computedRows);
    serviceNanos.addAndGet(nanos);
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
}
