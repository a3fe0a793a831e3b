package dev.switchboard.node.runtime;

import dev.switchboard.cluster.LoadCost;
import dev.switchboard.cluster.NodeWork;
import dev.switchboard.cluster.ServiceTimes;
import dev.switchboard.cluster.metrics.TimeBuckets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Exact counters of the node since it started; those of experts that it no longer holds are kept.
 */
public final class NodeCounters {
  /** An expert of a layer, ordered by layer. */
  public record Place(int layer, int expert) implements Comparable<Place> {
    @Override
    public int compareTo(Place other) {
      int byLayer = Integer.compare(layer, other.layer);
      return byLayer != 0 ? byLayer : Integer.compare(expert, other.expert);
    }
  }

  /** From ten microseconds to five seconds. */
  private static final int POWERS_OF_TEN = 6;

  private final Map<Place, ExpertCounters> experts = new ConcurrentSkipListMap<>();
  private final AtomicLong batches = new AtomicLong();
  private final AtomicLong refusedBatches = new AtomicLong();
  private final AtomicLong busyNanos = new AtomicLong();
  private final AtomicLongArray served = new AtomicLongArray(2 * ServiceTimes.CLASSES);
  private final LoadCost cost = new LoadCost();
  private final TimeBuckets times = TimeBuckets.from(Duration.ofNanos(10_000), POWERS_OF_TEN);

  private final TimeBuckets wakes = TimeBuckets.from(Duration.ofNanos(10_000), POWERS_OF_TEN);

  /** The counters of one expert; the same ones when it is loaded again. */
  public ExpertCounters of(int layer, int expert, long multiplyAddsPerRow) {
    return experts.computeIfAbsent(
        new Place(layer, expert), p -> new ExpertCounters(multiplyAddsPerRow));
  }

  void answered(long nanos) {
    batches.incrementAndGet();
    busyNanos.addAndGet(nanos);
    times.add(nanos);
  }

  /**
   * A call of experts is done.
   *
   * @param callClass of {@link ServiceTimes}
   * @param nanos that its multiply-adds took
   */
  void served(int callClass, long multiplyAdds, long nanos) {
    served.addAndGet(2 * callClass, multiplyAdds);
    served.addAndGet(2 * callClass + 1, nanos);
  }

  /** Where the time of counting and publishing goes. */
  public LoadCost cost() {
    return cost;
  }

  /** What experts have taken, by size of call. */
  public ServiceTimes service() {
    long[] work = new long[ServiceTimes.CLASSES];
    long[] nanos = new long[ServiceTimes.CLASSES];
    for (int i = 0; i < work.length; i++) {
      work[i] = served.get(2 * i);
      nanos[i] = served.get(2 * i + 1);
    }
    return ServiceTimes.of(work, nanos);
  }

  /** All of it that adds up. */
  public NodeWork work() {
    return new NodeWork(
        rows(), batches(), refusedBatches(), busyNanos(), multiplyAdds(), service());
  }

  /** The first batch of experts that had slept took so long. */
  void woke(long nanos) {
    wakes.add(nanos);
  }

  /** Times in which experts were woken that slept, by how long their first batch took. */
  public TimeBuckets.Snapshot wakes() {
    return wakes.snapshot();
  }

  public void refused() {
    refusedBatches.incrementAndGet();
  }

  /** All experts that were ever held, by layer and index. */
  public Map<Place, ExpertCounters> experts() {
    return experts;
  }

  public long batches() {
    return batches.get();
  }

  public long refusedBatches() {
    return refusedBatches.get();
  }

  public long busyNanos() {
    return busyNanos.get();
  }

  /** Batches by what they took. */
  public TimeBuckets.Snapshot times() {
    return times.snapshot();
  }

  public long rows() {
    return experts.values().stream().mapToLong(ExpertCounters::rows).sum();
  }

  public long multiplyAdds() {
    return experts.values().stream().mapToLong(e -> e.rows() * e.multiplyAddsPerRow()).sum();
  }
}
