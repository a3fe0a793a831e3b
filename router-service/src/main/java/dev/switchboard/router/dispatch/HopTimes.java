package dev.switchboard.router.dispatch;

import dev.switchboard.cluster.metrics.TimeBuckets;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;

/**
 * From a batch's sending to the moment when its answer is taken: the way there, the node's work,
 * and the way back. Written by the sending thread, read by any.
 */
public final class HopTimes {
  private static final Duration SHORTEST = Duration.ofNanos(10_000);

  /** From ten microseconds to five seconds. */
  private static final int POWERS_OF_TEN = 6;

  private final Map<HopWay, TimeBuckets> times = new EnumMap<>(HopWay.class);

  HopTimes() {
    for (HopWay way : HopWay.values()) {
      times.put(way, TimeBuckets.from(SHORTEST, POWERS_OF_TEN));
    }
  }

  void add(HopWay way, long nanos) {
    bucketsOf(way).add(nanos);
  }

  /** Answered batches that went this way, by their time. */
  public TimeBuckets.Snapshot of(HopWay way) {
    return bucketsOf(way).snapshot();
  }

  private TimeBuckets bucketsOf(HopWay way) {
    TimeBuckets found = times.get(way);
    if (found == null) {
      throw new IllegalStateException("no times are kept of " + way);
    }
    return found;
  }
}
