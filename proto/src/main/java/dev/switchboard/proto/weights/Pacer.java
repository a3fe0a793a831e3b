package dev.switchboard.proto.weights;

/**
 * How long moving weights is to rest between two pieces: so that no more than so many bytes a
 * second go by, and, while others are answered, so that it takes no more than a part of the time.
 * State and arithmetic alone: the time is given, the caller rests. Thread-safe.
 */
public final class Pacer {
  /** What may be taken at once after a rest. */
  private static final long BURST_NANOS = 20_000_000;

  /** What is shorter is saved up: threads do not wake to the microsecond. */
  private static final long LEAST_REST_NANOS = 200_000;

  private static final double NANOS = 1e9;

  private final long bytesPerSecond;
  private final int sharePercent;
  private long owedNanos;
  private long paidUntilNanos;
  private boolean begun;

  /**
   * @param bytesPerSecond at the most; 0 for no bound
   * @param sharePercent of the time that it may take while others are answered; 100 for all
   */
  public Pacer(long bytesPerSecond, int sharePercent) {
    if (bytesPerSecond < 0 || sharePercent < 1 || sharePercent > 100) {
      throw new IllegalArgumentException(
          "%d bytes/s, %d percent; expected 0 or more, and 1 to 100"
              .formatted(bytesPerSecond, sharePercent));
    }
    this.bytesPerSecond = bytesPerSecond;
    this.sharePercent = sharePercent;
  }

  /**
   * A piece is done.
   *
   * @param workedNanos that it kept a processor
   * @param busy whether others are answered
   * @return how long to rest now
   */
  public synchronized long restNanos(long bytes, long workedNanos, boolean busy, long nowNanos) {
    owedNanos = busy ? owedNanos + workedNanos * (100 - sharePercent) / sharePercent : 0;
    long rest = Math.max(owedNanos, forRate(bytes, nowNanos));
    if (rest < LEAST_REST_NANOS) {
      return 0;
    }
    owedNanos = 0;
    return rest;
  }

  private long forRate(long bytes, long nowNanos) {
    if (bytesPerSecond == 0) {
      return 0;
    }
    if (!begun || paidUntilNanos - nowNanos < -BURST_NANOS) {
      // Time that was not used is lost, but for a moment's.
      paidUntilNanos = nowNanos - (begun ? BURST_NANOS : 0);
      begun = true;
    }
    paidUntilNanos += (long) (bytes * NANOS / bytesPerSecond);
    return Math.max(0, paidUntilNanos - nowNanos);
  }
}
